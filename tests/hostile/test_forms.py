"""Every field of every form, filled with what nobody means."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from subscriptions import forms
from subscriptions.models import Letter, Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.hostile.doors import doors, tokens_of
from tests.hostile.inputs import TEXTS
from tests.hostile.rows import changes, dump
from tests.subscriptions.test_address import ACCEPTED, REFUSED

NAME = re.compile(rb'<(?:input|select|textarea|button)[^>]*? name="([a-z_-]+)"')
UNSHOWN = {"answer", "later", "language", "nonsense"}  # what the page does not show, or not yet
SECRET_FIELDS = {"state": "confirmed", "is_staff": "1", "token_version": "7", "id": "1", "pk": "1"}


@pytest.fixture
def joins(visitor, reader) -> list[str]:
    """The addresses of all pages with a form to sign up."""
    pages = [door.address() for door in doors() if not door.parts]
    return [page for page in pages if b'name="stamp"' in visitor.ask("GET", page).content]


@pytest.fixture
def sent(make_topic):
    make_topic("agents")

    def fill(**changes):
        stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
        good = {"email": "new@example.net", "topics": ["agents"], "cadence": "daily"}
        return {**good, "stamp": stamp, **changes}

    return fill


def encoded(text: str) -> str | bytes:
    """As a client sends it that does not care about surrogates."""
    return text.encode("utf-8", "surrogatepass")


def names_on(page: bytes) -> list[str]:
    """The names of all fields of a page."""
    found = {name.decode() for name in NAME.findall(page)}
    return sorted(found - {"csrfmiddlewaretoken"})


def texts_for(number: int, name: str) -> list[str]:
    """All that are hostile for the one field that is free text, and each fourth for others."""
    return TEXTS if name == "email" else TEXTS[number % 4 :: 4]


def test_no_field_of_the_join_form_breaks_it(visitor, joins, sent):
    """Whoever is taken is waiting for a confirmation, and nobody else was changed."""
    before = dump()
    for page in joins:
        names = names_on(visitor.ask("GET", page).content)
        for number, name in enumerate([*names, *sorted(UNSHOWN)]):
            for text in texts_for(number, name):
                fields = sent(**{name: encoded(text)})
                visitor.post(page, fields, what=f"{name}={text[:50]!r}")
        new = Subscriber.objects.exclude(email="ann@example.net")
        assert {*new.values_list("email", "state")} <= {("new@example.net", "pending")}
        new.delete()

    assert joins
    assert visitor.wrong == []
    # Words are stored once for everybody, and whose they are goes with him.
    assert [name for name in changes(before) if name != "Phrase"] == []


def test_no_address_that_is_refused_makes_a_row(visitor, joins, sent):
    before = dump()
    for name, raw in REFUSED.items():
        if raw.lower().startswith(("digest", "editors")):
            continue  # ours by settings that the tests of addresses make
        answer = visitor.post(joins[0], sent(email=encoded(raw[:100_000])), what=name)
        assert answer.status_code in {200, 400}, name
    assert visitor.wrong == []
    assert changes(before) == []


def test_every_address_that_is_accepted_makes_one(visitor, joins, sent):
    for raw in ACCEPTED:
        assert visitor.post(joins[0], sent(email=raw)).status_code == 303, raw
    expected = {*ACCEPTED.values(), "ann@example.net"}
    assert set(Subscriber.objects.values_list("email", flat=True)) == expected
    assert visitor.wrong == []


def test_the_mailboxes_that_are_ours_are_refused(visitor, joins, sent, settings):
    settings.MAIL_REPLY_TO = "Editors <editors@example.org>"
    settings.UNSUBSCRIBE_MAILBOX = "leave@example.org"
    before = dump()
    for own in ("digest@news.example.org", "editors+x@example.org", "LEAVE@example.org"):
        assert visitor.post(joins[0], sent(email=own)).status_code == 200
    assert changes(before) == []


def test_a_thousand_spellings_of_one_mailbox_get_one_letter(visitor, joins, sent):
    for number in range(60):
        assert visitor.post(joins[0], sent(email=f"victim+{number}@example.com")).status_code == 303
        dotted = "v" + "." * (number % 2) + "ictim" + f"+{number}@gmail.com"
        assert visitor.post(joins[0], sent(email=dotted)).status_code == 303
    assert Letter.objects.pending().count() == 2
    assert Letter.objects.count() == 120


def test_fields_that_the_form_does_not_have_change_nothing(visitor, joins, sent):
    for page in joins:
        visitor.post(page, sent(**SECRET_FIELDS, next="https://evil.example/"))
    reader = Subscriber.objects.get(email="new@example.net")
    assert (reader.state, reader.token_version) == ("pending", 0)
    assert visitor.wrong == []


def test_many_values_of_one_field_are_one_or_none(visitor, joins, sent):
    for page in joins:
        visitor.post(page, sent(email=["first@example.com", "second@example.com"]))
        visitor.post(page, sent(topics=["agents"] * 900))
        visitor.post(page, sent(cadence=["weekly", "hourly"], hour=["1", "99"], stamp=["a", "b"]))
    assert Subscriber.objects.filter(email__startswith="first").count() == 0
    assert Subscriber.objects.filter(email="second@example.com").count() == 1
    assert Subscriber.objects.get(email="new@example.net").topics.count() == 1
    assert visitor.wrong == []


def test_no_field_of_the_pages_behind_links_breaks_them(visitor, reader, make_subscriber):
    """Whatever is posted, the reader stays who he is, and nobody else is touched."""
    other = make_subscriber("other@example.net", topics=["agents"])
    kept = ("email", "public_id", "token_version", "created_at")
    before = Subscriber.objects.filter(pk=reader.pk).values(*kept).get()
    good = {"topics": ["agents"], "cadence": "daily", "weekday": "0", "hour": "7", "length": "7"}
    for door in doors():
        for address, names in opened(door, visitor, reader):
            for number, name in enumerate([*names, "nonsense"]):
                for text in TEXTS[number % 4 :: 4]:
                    fields = {**good, "time_zone": "UTC", name: encoded(text)}
                    visitor.post(address, fields, what=f"{name}={text[:50]!r}")

    assert visitor.asked > 100
    assert visitor.wrong == []
    assert Subscriber.objects.filter(pk=reader.pk).values(*kept).get() == before
    other.refresh_from_db()
    assert (other.state, other.topics.count()) == ("confirmed", 1)


def opened(door, visitor, reader):
    """The address of the page with a link that opens it, and the names of its fields."""
    made = tokens_of(reader)
    for purpose in (Purpose.PREFERENCES, Purpose.FEEDBACK) if door.has_token else ():
        token = made[purpose]
        page = visitor.ask("GET", door.address({"token": token}))
        if page.status_code == 200 and b'method="post"' in page.content:
            yield door.address({"token": token}), names_on(page.content)


def test_the_name_of_a_bot_gets_no_mail(visitor, joins, sent):
    before = dump()
    for page in joins:
        assert visitor.post(page, sent(website="x")).status_code in {200, 303}
    assert changes(before) == []
