from __future__ import annotations

import pytest

from newsletter import dialects
from newsletter.dialects import NoPassword, Unreadable
from tests.newsletter.event_steps import BASIC, SECRET, mail_to, posted, sendgrid


@pytest.fixture(autouse=True)
def configured(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILTRAP_WEBHOOK_SIGNING_SECRET": "x"}


@pytest.fixture
def delivery(make_subscriber):
    return mail_to(make_subscriber("ann@example.net"))


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"null", b"7", b'"text"', b"[null]", b"[[]]", b"{", b"[" * 100_000,
     b'[{"event": "open", "timestamp": 1e400}]', b'[{"event": ["a"]}]', b'{"a": 1}'],
)  # fmt: skip
def test_what_nobody_can_read_is_said_to_be_unreadable(body):
    with pytest.raises(Unreadable):
        dialects.read(posted(body))


def test_one_bad_event_of_ten_thousand_costs_the_others_nothing(delivery):
    events = [sendgrid(delivery, number=n) for n in range(10_000)]
    events[4321] = {"no": "event"}
    found, dead = dialects.read(posted(events))
    assert len(found) == 9_999
    assert dead == [b'[{"no": "event"}]']


def test_a_list_within_an_object_is_read_event_by_event_too():
    good = {"event": "delivery", "message_id": "m", "event_id": "e", "timestamp": 1773748800}
    found, dead = dialects.read(
        posted({"events": [{**good, "email": "ann@example.net"}, {}]}, "mailtrap")
    )
    assert (len(found), len(dead)) == (1, 1)


# --- passwords -------------------------------------------------------------------------------


def test_either_of_two_passwords_will_do(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": ["old:one", SECRET]}
    dialects.check_password(BASIC)
    dialects.check_password(BASIC.replace("Basic", "basic "))


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic aG9vazp4", "Bearer x", "Basic é", BASIC[:-4], "None"]
)
def test_any_other_password_will_not(header):
    with pytest.raises(NoPassword):
        dialects.check_password(header)
