"""The bytes of a mail and the message for services say the same, and are sound."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from html import unescape

import pytest

from newsletter import compose
from newsletter.models import Issue
from subscriptions import mail as builder
from tests.newsletter.test_compose import NASTY_TITLES

EXPECTED_ONCE = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id",
    "List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Archive", "Archived-At",
    "Feedback-ID", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "X-Entity-Ref-ID",
    "Content-Type",
]  # fmt: skip


def composed(delivery):
    return compose.compose_all([delivery])(delivery)


def parsed(mail):
    return message_from_bytes(mail.wire(), policy=policy.default)


@pytest.fixture(params=[1, 2, 3, 15], ids=lambda count: f"{count} papers")
def mail(request, make_delivery, make_paper, settings):
    settings.MAIL_REPLY_TO = "editors@example.org"
    settings.SITE_NAME = "Käse & Papers"
    titles = [NASTY_TITLES[n % len(NASTY_TITLES)] + f" {n}" for n in range(request.param)]
    papers = [
        make_paper(title, topics=["agents"], abstract=".\n..\n. A dot. " + "深い学習。" * 30)
        for title in titles
    ]
    return composed(make_delivery(papers))


def test_both_forms_say_the_same(mail):
    wire, message = parsed(mail), mail.message()
    text, html = wire.iter_parts()
    assert wire["Subject"] == message.subject
    assert wire["From"] == message.from_email
    assert wire["To"] == message.to[0] == mail.recipient
    assert wire["Reply-To"] == message.reply_to[0]
    assert text.get_content().replace("\r\n", "\n") == message.body
    assert html.get_content().replace("\r\n", "\n") == compose.html_of(message)
    djangos = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    for name in message.extra_headers:
        assert wire[name] == djangos[name].strip() != "", name
    assert set(wire.keys()) == set(message.extra_headers) | set(EXPECTED_ONCE)
    assert message.metadata == {"entry": mail.key.replace("-", "")}


def test_every_header_is_there_once(mail):
    wire = parsed(mail)
    assert sorted(wire.keys()) == sorted(EXPECTED_ONCE)
    assert wire.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in wire.iter_parts()] == ["text/plain", "text/html"]
    assert not wire.defects


def test_every_line_is_one_that_smtp_takes_as_it_is(mail):
    wire = mail.wire()
    wire.decode("ascii")
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    head, _, body = wire.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        assert len(line) <= 78 or b" " not in line.partition(b": ")[2], line
        assert line.strip()
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert line == line.rstrip()


def test_it_is_dated_when_it_is_composed(mail):
    dated = parsedate_to_datetime(parsed(mail)["Date"])
    assert abs((datetime.now(UTC) - dated).total_seconds()) < 60


def test_its_names_are_those_of_the_ledger(make_delivery, settings):
    delivery = make_delivery()
    mail = composed(delivery)
    assert mail.entry_id == delivery.pk
    assert mail.key == str(delivery.public_id)
    assert mail.recipient == delivery.subscriber.email
    assert mail.sender == "digest@news.example.org"
    assert parsed(mail)["Message-ID"] == builder.message_id_of(delivery.public_id)


@pytest.mark.parametrize(
    ("cadence", "subject", "headline"),
    [
        ("weekdays", "2 papers for you: A title", "2 papers for you"),
        ("weekly", "Your week in 2 papers: A title", "Your week in 2 papers"),
        ("monthly", "Your month in 2 papers: A title", "Your month in 2 papers"),
    ],
)
def test_an_edition_says_which_it_is(make_delivery, make_paper, cadence, subject, headline):
    delivery = make_delivery([make_paper("A title"), make_paper()])
    Issue.objects.update(cadence=cadence)
    message = composed(delivery).message()
    assert message.subject == subject
    assert headline in message.body
    assert headline in compose.html_of(message)


@pytest.mark.parametrize("abstract", ["Short.", "It's & so on, " * 20])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 30])
@pytest.mark.parametrize(
    "title",
    [
        "X", "A title of a length that is quite ordinary " * 3, "Unbroken" * 9,
        "It's <b> & \"c\" " * 5, "深い学習" * 20, "e\u0301" * 70,
    ],
)  # fmt: skip
def test_a_preheader_has_the_length_that_mail_programs_show(
    make_delivery, make_paper, count, title, abstract
):
    papers = [make_paper(f"{title}{n}", abstract=abstract) for n in range(count)]
    message = composed(make_delivery(papers)).message()
    shown = compose.html_of(message).partition('overflow:hidden;">')[2].partition(" &#847;")[0]
    preheader = unescape(shown)
    assert 40 <= len(preheader) <= 110
    assert preheader != message.subject
