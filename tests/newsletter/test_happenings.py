"""What an event says, whichever service tells it: read by Anymail, and normalised."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter import dialects
from subscriptions.bounces import Kind
from tests.conftest import MOMENT
from tests.newsletter.event_steps import SECRET, mail_to, posted, postmark, sendgrid


@pytest.fixture(autouse=True)
def configured(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def delivery(make_subscriber):
    return mail_to(make_subscriber("ann@example.net"))


def read_one(content, service="sendgrid", **fields):
    [told], dead = dialects.read(posted(content, service, **fields))
    assert not dead
    return told


# --- what an event says --------------------------------------------------------------------


def test_an_event_is_read_as_its_service_wrote_it(delivery):
    told = read_one([sendgrid(delivery, response="250 OK")])
    assert (told.kind, told.entry) == (Kind.DELIVERED, delivery.public_id.hex)
    assert (told.recipient, told.reply) == ("ann@example.net", "250 OK")
    assert told.at == MOMENT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("service", "event", "kind"),
    [
        ("sendgrid", [{"event": "bounce", "status": "5.1.1"}], Kind.HARD),
        ("sendgrid", [{"event": "bounce", "type": "blocked"}], Kind.BLOCKED),
        ("sendgrid", [{"event": "dropped", "reason": "Bounced Address"}], Kind.INACTIVE),
        ("postmark", {"RecordType": "Bounce", "Type": "HardBounce"}, Kind.HARD),
        ("postmark", {"RecordType": "Bounce", "Type": "SoftBounce"}, Kind.SOFT),
        ("postmark", {"RecordType": "Bounce", "Type": "ManuallyDeactivated"}, Kind.INACTIVE),
        ("postmark", {"RecordType": "Bounce", "Type": "Transient"}, Kind.DEFERRED),
        ("postmark", {"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, Kind.COMPLAINED),
        ("brevo", {"event": "hard_bounce"}, Kind.HARD),
        ("brevo", {"event": "soft_bounce"}, Kind.SOFT),
        ("brevo", {"event": "hard_bounce", "reason": "550 5.7.1 spam"}, Kind.BLOCKED),
        ("mailjet", {"event": "bounce", "hard_bounce": True, "time": 1}, Kind.HARD),
        ("mailjet", {"event": "unsub", "time": 1}, Kind.LEFT),
        (
            "resend",
            {"type": "email.bounced", "data": {"bounce": {"message": "x", "type": "Permanent"}}},
            Kind.HARD,
        ),
        (
            "sparkpost",
            [{"msys": {"message_event": {"type": "bounce", "bounce_class": "10"}}}],
            Kind.HARD,
        ),
        (
            "sparkpost",
            [{"msys": {"message_event": {"type": "bounce", "bounce_class": "51"}}}],
            Kind.BLOCKED,
        ),
    ],
)
def test_the_words_of_each_service_are_understood(service, event, kind):
    assert read_one(event, service).kind == kind


def test_the_answer_of_a_server_is_kept_without_addresses(delivery):
    reason = "550 5.1.1 <ann@example.net> unknown, forwarded to <Bob@example.com>\r\nsorry\0"
    told = read_one([sendgrid(delivery, "bounce", reason=reason)])
    assert told.reply == "550 5.1.1 <[address]> unknown, forwarded to <[address]> sorry"


def test_a_long_answer_is_cut(delivery):
    told = read_one([sendgrid(delivery, response="250 " + "é" * 5000)])
    assert len(told.reply) == 500


def test_our_own_message_id_names_the_mail(delivery):
    message_id = f"<{delivery.public_id}@news.example.org>"
    told = read_one([sendgrid(delivery, entry="", **{"smtp-id": message_id})])
    assert told.entry == delivery.public_id.hex


@pytest.mark.parametrize("entry", ["", "x" * 32, "A" * 32, 7, None, {"a": 1}, ["b"], "0" * 31])
def test_metadata_that_is_not_ours_names_no_mail(delivery, entry):
    assert read_one([sendgrid(delivery, entry=entry)]).entry == ""


@pytest.mark.parametrize("timestamp", [0, -1, 4_000_000_000, None, MOMENT.timestamp() - 1e7])
def test_a_moment_that_cannot_be_is_the_moment_of_arrival(delivery, timestamp):
    event = sendgrid(delivery, timestamp=timestamp)
    if timestamp is None:
        del event["timestamp"]
    assert read_one([event]).at == MOMENT


def test_a_moment_without_a_zone_is_utc(delivery):
    told = read_one(postmark(delivery, DeliveredAt="2026-03-17T11:00:00"), "postmark")
    assert told.at == MOMENT - timedelta(hours=1)


# --- the same event has the same key -----------------------------------------------------------


def test_the_key_is_of_the_service_and_its_id_alone(delivery):
    first = read_one([sendgrid(delivery)])
    assert read_one([sendgrid(delivery, response="other")]).key == first.key
    assert read_one([sendgrid(delivery, number=2)]).key != first.key


def test_without_an_id_the_key_is_of_what_the_event_says(delivery):
    event = postmark(delivery)
    first = read_one(event, "postmark")
    again = read_one(dict(reversed(event.items())), "postmark")
    assert again.key == first.key
    later = read_one(postmark(delivery, DeliveredAt="2026-03-17T12:02:00Z"), "postmark")
    assert later.key != first.key


def test_the_id_of_one_service_is_not_that_of_another(delivery):
    event = {"event": "delivered", "email": "ann@example.net"}
    assert read_one(event, "brevo").key != read_one(event, "mailjet").key
