"""A mail service that refuses everything must not be asked about everything."""

from __future__ import annotations

import smtplib

import pytest
from anymail.message import AnymailMessage

from subscriptions import outbox
from subscriptions.ledger import State
from subscriptions.models import Letter
from subscriptions.transport import Fate
from tests.subscriptions.outbox_steps import post

NO, YES = smtplib.SMTPDataError(550, b"no"), None


@pytest.fixture
def service_answers(monkeypatch):
    """Let the mail service answer in turn, and then always with the last of `answers`."""

    def set_answers(*answers: Exception | None) -> None:
        left = list(answers)

        def answer(message):
            error = left.pop(0) if len(left) > 1 else left[0]
            if error:
                raise error
            return send(message)

        send = AnymailMessage.send
        monkeypatch.setattr(AnymailMessage, "send", answer)

    return set_answers


def test_a_service_that_refuses_everything_is_left_alone(
    make_letter, states, service_answers, caplog
):
    for _ in range(25):
        make_letter()
    service_answers(NO)
    woken = []
    assert post(wake=lambda: woken.append(1)) == 10
    assert states() == {State.REJECTED: 10, State.PENDING: 15}
    assert Letter.objects.filter(state=State.PENDING, owner=None, claims=0).count() == 15
    assert not woken
    assert "10 mails in a row were refused for good" in caplog.text
    assert post() == 10  # the next doorbell tries again


def test_the_brake_counts_over_chunks(make_letter, service_answers, settings):
    settings.CLAIM_SIZE = 4
    for _ in range(12):
        make_letter()
    service_answers(NO)
    assert post() == 10


@pytest.mark.parametrize(("answers", "done"), [([NO] * 9 + [YES], 20), ([YES] + [NO] * 10, 11)])
def test_one_accepted_mail_makes_refusals_single_cases(make_letter, service_answers, answers, done):
    for _ in range(20):
        make_letter()
    service_answers(*answers, *answers)
    assert post() == done


@pytest.mark.parametrize(
    ("fate", "after"),
    [(Fate.NEVER, 4), (Fate.ACCEPTED, 0), (Fate.LATER, 3), (Fate.UNKNOWN, 3), (None, 3)],
)
def test_only_a_no_counts_as_a_refusal_and_only_a_yes_ends_the_row(fate, after):
    assert outbox.count_refusals(3, fate) == after
