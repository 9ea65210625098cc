"""How services take many whole messages in one call, and how they answer for each.  Pure.

Digests differ from reader to reader in their texts, which are full of braces and percent
signs, so no merge language of a service comes near them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr

from subscriptions.esp.answers import (
    ADDRESS,
    POSTMARK_INACTIVE,
    accepted,
    anonymous,
    fate_of_postmark,
    fate_of_status,
)
from subscriptions.outgoing import Fate, Result

Data = dict[str, object]  # one message in the service's own form
Places = Mapping[str, int]  # casefolded address -> number of the message in the call
Answers = list[Result | None]  # by number of the message; None: nothing is said of it
Item = tuple[str | None, Result | None]  # the address that it names, what it says


@dataclass(frozen=True, slots=True)
class Form:
    """One service's call for many messages.

    `read` gets the answer's JSON, the places of the addresses and how many messages went;
    it returns None if this is no answer about single messages.
    """

    endpoint: Callable[[str], str | None]  # from that of a single message; None: no batch of it
    pack: Callable[[list[Data]], object]
    read: Callable[[object, Places, int], Answers | None]
    headers: Mapping[str, str] = field(default_factory=dict)


def place(items: Sequence[Item], places: Places, count: int) -> Answers:
    """Give each message what was said of it, and None where that is not certain.

    By address where the item names one.  The others by position, unless items are missing or
    stand where they do not belong; then only if all that is left says the same.
    """
    said: dict[int, Result | None] = {}
    rest: list[tuple[int, Result | None]] = []
    in_order = len(items) == count
    for position, (address, result) in enumerate(items):
        number = None if address is None else places.get(address.casefold())
        if number is None:
            rest.append((position, result))
        else:
            said[number] = None if number in said else result  # two answers are none
            in_order = in_order and number == position
    free = [number for number in range(count) if number not in said]
    if in_order:
        said.update(rest)
    elif len(rest) == len(free):
        said.update(dict.fromkeys(free, _common([result for _, result in rest])))
    return [said.get(number) for number in range(count)]


def _common(results: Sequence[Result | None]) -> Result | None:
    """What all of them say, without the particulars of any."""
    fates = {None if result is None else result.fate for result in results}
    fate = fates.pop() if len(fates) == 1 else None
    return None if fate is None else Result(fate, "" if fate is Fate.ACCEPTED else "refused")


def _read_postmark(answer: object, places: Places, count: int) -> Answers | None:
    if not isinstance(answer, list):
        return None
    return place([_postmark_item(item, places) for item in answer], places, count)


def _postmark_item(item: object, places: Places) -> Item:
    match item:
        case {"MessageID": str(provider_id), **more} if more.get("ErrorCode", 0) == 0:
            to = str(more.get("To", ""))
            return (to if to.casefold() in places else parseaddr(to)[1]), accepted(provider_id)
        case {"ErrorCode": int(code), "Message": str(said)} if code != 0:
            named = [name for name in ADDRESS.findall(said) if name.casefold() in places]
            fate = fate_of_postmark(code, said)
            what = "inactive recipient" if code == POSTMARK_INACTIVE else "error"
            detail = f"Postmark {what} {code}: {anonymous(said, ())}"[:500]
            return (named[0] if len(named) == 1 else None), Result(fate, detail)
        case _:
            return None, None


def _read_resend(answer: object, places: Places, count: int) -> Answers | None:
    """Data holds the ids of those taken, in order; errors the numbers of the others."""
    match answer:
        case {"data": list(taken), **more}:
            errors = more.get("errors") or []
        case _:
            return None
    said: Answers = [None] * count
    for error in errors if isinstance(errors, list) else []:
        match error:
            case {"index": int(number), "message": str(text)} if 0 <= number < count:
                said[number] = Result(Fate.NEVER, f"Resend: {anonymous(text, ())}"[:500])
            case _:
                return said  # an error of nobody knows whom
    free = [number for number in range(count) if said[number] is None]
    if len(taken) == len(free):
        for number, item in zip(free, taken, strict=True):
            match item:
                case {"id": str(provider_id)}:
                    said[number] = accepted(provider_id)
    return said


def _read_mailjet(answer: object, places: Places, count: int) -> Answers | None:
    match answer:
        case {"Messages": list(items)}:
            return place([_mailjet_item(item) for item in items], places, count)
        case _:
            return None


def _mailjet_item(item: object) -> Item:
    match item:
        case {"Status": "success", "To": [{"Email": str(to), "MessageID": provider_id}, *_]}:
            return to, accepted(provider_id)
        case {"Status": "error", "Errors": [{"StatusCode": int(status), **more}, *_]}:
            said = f"{more.get('ErrorCode')} {more.get('ErrorMessage')}"
            detail = f"Mailjet {status}: {anonymous(said, ())}"[:500]
            return None, Result(fate_of_status(status), detail)
        case _:
            return None, None


def _read_mailtrap(answer: object, places: Places, count: int) -> Answers | None:
    match answer:
        case {"responses": list(items)} if len(items) == count:
            return [_mailtrap_item(item) for item in items]
        case {"responses": list()}:
            return [None] * count  # it names nobody
        case _:
            return None


def _mailtrap_item(item: object) -> Result | None:
    match item:
        case {"success": True, "message_ids": [provider_id, *_]}:
            return accepted(provider_id)
        case {"success": False, **more}:
            return Result(Fate.NEVER, f"Mailtrap: {anonymous(str(more.get('errors')), ())}"[:500])
        case _:
            return None


def _pack_mailjet(messages: list[Data]) -> object:
    """Anymail writes what is common to "Globals": here each message has all of its own."""
    whole = []
    for message in messages:
        match message:
            case {"Globals": dict(common), "Messages": [dict(own)]}:
                whole.append({**common, **own})
            case _:
                raise ValueError("not the form of Anymail's Mailjet payload")
    return {"Messages": whole}


def _mailtrap_endpoint(single: str) -> str | None:
    head, slash, sandbox = single.partition("/")
    return f"batch{slash}{sandbox}" if head == "send" else None


FORMS: Mapping[str, Form] = {
    "anymail.backends.mailjet.EmailBackend": Form(
        endpoint={"send": "send"}.get, pack=_pack_mailjet, read=_read_mailjet
    ),
    "anymail.backends.mailtrap.EmailBackend": Form(
        endpoint=_mailtrap_endpoint,
        pack=lambda messages: {"base": {"from": messages[0]["from"]}, "requests": messages},
        read=_read_mailtrap,
    ),
    "anymail.backends.postmark.EmailBackend": Form(
        endpoint={"email": "email/batch"}.get, pack=list, read=_read_postmark
    ),
    "anymail.backends.resend.EmailBackend": Form(
        endpoint={"emails": "emails/batch"}.get,
        pack=list,
        read=_read_resend,
        headers={"x-batch-validation": "permissive"},  # one bad message does not fail all
    ),
}
