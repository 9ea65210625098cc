"""A way out that answers as a test says, and steps that the outbox's tests take with letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from anymail.message import AnymailMessage
from django.db.models.functions import Now

from subscriptions import outbox
from subscriptions.models import Letter
from subscriptions.outgoing import Fate, Journal, Outgoing, Result
from tests.subscriptions.ledger_steps import SECOND

YES = Result(Fate.ACCEPTED, "queued as 1")
BUSY = Result(Fate.LATER, "451 busy")
NO = Result(Fate.NEVER, "550 no")
SILENCE = Result(Fate.UNKNOWN, "the connection was lost")
Answer = Result | BaseException | None  # None: it hangs up in the middle


@dataclass
class Plain:
    """One mail to a reader."""

    entry_id: int
    recipient: str
    sender: str = "us@news.example.org"

    def wire(self) -> bytes:
        return b"Subject: Hi\r\n\r\nText\r\n"

    def message(self) -> AnymailMessage:
        return AnymailMessage("Hi", "Text", self.sender, [self.recipient])


def compose(letter) -> Outgoing:
    return Plain(letter.pk, letter.subscriber.email)


class Way:
    """Hands over one after the other; `answers` are used up in turn, then it says yes."""

    name = "test"

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.taken: list[str] = []  # recipients, as the service took them
        self.before: Callable[[Outgoing], object] = lambda mail: None
        self.is_closed = False
        self.calls: list[tuple[UUID, list[int]]] = []  # that were repeated
        self.batch = 1  # so many in a call, which has one answer

    def send(
        self, mails: Iterator[Outgoing], journal: Journal, *, may_go_on: Callable[[], bool]
    ) -> Iterator[tuple[int, Result]]:
        while may_go_on():
            if not (call := list(islice(mails, self.batch))):
                return
            for mail in call:
                self.before(mail)
            answer = self.answers.pop(0) if self.answers else YES
            if isinstance(answer, Exception):
                raise answer
            journal.handing([mail.entry_id for mail in call])
            if answer is None or answer.fate in {Fate.ACCEPTED, Fate.UNKNOWN}:
                self.taken += [mail.recipient for mail in call]
            if answer is None:
                raise ConnectionResetError("it hung up")
            results = [(mail.entry_id, answer) for mail in call]
            journal.answered(results)
            yield from results

    def again(
        self,
        mails: Iterator[Outgoing],
        journal: Journal,
        *,
        key: UUID,
        may_go_on: Callable[[], bool],
    ) -> Iterator[tuple[int, Result]]:
        call = list(mails)
        self.calls.append((key, [mail.entry_id for mail in call]))
        answer = self.answers.pop(0) if self.answers else YES
        journal.handing([mail.entry_id for mail in call], key=key)
        results = [(mail.entry_id, answer) for mail in call]
        journal.answered(results)
        yield from results

    def close(self) -> None:
        self.is_closed = True


def post(compose_one=compose, **options) -> int:
    return outbox.post(Letter.objects.all(), lambda letters: compose_one, **options)


def is_due_again() -> None:
    Letter.objects.filter(next_at__isnull=False).update(next_at=Now() - SECOND)
    outbox.sweep(Letter.objects.all())
