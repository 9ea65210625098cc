"""The mail of a reader who wants no HTML: the text alone, and sound."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from django.core import mail

from newsletter import compose, gate, lint
from newsletter.lint.beyond import nothing_again
from papers.models import Paper
from subscriptions.models import Subscriber
from subscriptions.transport import send_once
from tests.newsletter.lint.good_mail import SITE, TEXT


def composed(delivery):
    return compose.compose_all([delivery])(delivery)


@pytest.fixture
def delivery(make_delivery, make_paper, settings):
    settings.POSTAL_ADDRESS = "1 Example Street"
    settings.MAIL_REPLY_TO = "editors@example.org"
    papers = [make_paper(f"Über Dinge, Teil {n}", topics=["agents"]) for n in range(3)]
    return make_delivery(papers)


@pytest.fixture
def plain(delivery):
    Subscriber.objects.update(is_text_only=True)
    return composed(delivery)


def found(wire: bytes) -> list[str]:
    words = gate.quoted(Paper.objects.all())
    return [str(one) for one in lint.check(wire, site=gate.site(), quoted=words)]


def test_the_text_is_that_of_everybody_and_it_is_all_there_is(delivery, plain):
    text, html = message_from_bytes(plain.wire(), policy=policy.default), None
    Subscriber.objects.update(is_text_only=False)
    whole = message_from_bytes(composed(delivery).wire(), policy=policy.default)
    first, html = whole.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content() == first.get_content()
    assert html.get_content_type() == "text/html"
    assert set(text.keys()) == set(whole.keys()) | {"Content-Transfer-Encoding"}
    assert not text.defects


def test_both_forms_say_the_same(plain):
    wire, message = message_from_bytes(plain.wire(), policy=policy.default), plain.message()
    assert wire.get_content().replace("\r\n", "\n") == message.body
    assert message.alternatives == []
    assert wire["Subject"] == message.subject


def test_every_line_is_one_that_smtp_takes_as_it_is(plain):
    wire = plain.wire()
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert wire.endswith(b"\r\n")
    for line in wire.split(b"\r\n"):
        assert not line.startswith(b".")


def test_the_examination_finds_nothing_wrong(plain):
    assert found(plain.wire()) == []


def test_an_issue_with_such_a_mail_is_sent(plain, delivery):
    report = gate.examine(delivery.issue, at=delivery.created_at)
    assert (report.mails, report.findings) == (1, [])


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        (b"/unsubscribe/", b"/u/", 17),
        (b"/preferences/", b"/p/", 17),
        (b"https://arxiv.org", b"https://somewhere.example", 21),
        (b"https://arxiv.org/abs", b"https://bit.ly/abs", 22),
        (b"You get this mail because", b"Hello", 19),
        (b"1 Example Street", b"Nowhere", 18),
        (b"Dinge", b"{{ title }}", 31),
    ],
)
def test_what_is_wrong_is_still_found(plain, old, new, number):
    wire = plain.wire().replace(b"=\r\n", b"")
    assert old in wire
    assert number in {int(one.split()[0].strip(":")) for one in found(wire.replace(old, new))}


def test_a_paper_that_is_there_twice_or_again_is_found(plain):
    wire = plain.wire().replace(b"=\r\n", b"")
    first, second, _ = Paper.objects.order_by("pk")
    doubled = wire.replace(second.abstract_url.encode(), first.abstract_url.encode())
    assert any(one.startswith("32") for one in found(doubled))
    assert nothing_again(wire, already_sent={first.abstract_url})
    assert not nothing_again(wire, already_sent=set())


def test_two_parts_are_still_wanted_of_a_mail_that_has_html():
    half = f"Content-Type: text/html; charset=utf-8\r\n\r\n{TEXT}".encode()
    assert any(one.number == 15 for one in lint.check(half, site=SITE))


def test_a_mail_service_takes_it(plain, settings):
    assert send_once(plain).fate.value == "accepted"
    sent = mail.outbox[0]
    assert (sent.alternatives, "Über Dinge" in sent.body) == ([], True)
