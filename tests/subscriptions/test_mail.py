from __future__ import annotations

import unicodedata
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions import mail
from subscriptions.mail import AUTOMATIC, HEADER_LIMIT, clean_header

CONTEXT = {"confirm_url": "https://news.example.org/confirm/t/", "hours": 72}


def build(**fields):
    fields = {"to": "ann@example.net", "message_id": uuid4(), "context": CONTEXT, **fields}
    fields.setdefault("headers", {})
    return mail.build("confirm", **fields)


def as_sent(message):
    """The message as a mail program reads it."""
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("Papers\r\nBcc: v@example.org", "Papers Bcc: v@example.org"),
        ("Papers\nBcc: v@example.org", "Papers Bcc: v@example.org"),
        ("Papers\rBcc: v@example.org", "Papers Bcc: v@example.org"),
        ("Papers\u0085Bcc: v@example.org", "Papers Bcc: v@example.org"),
        ("Papers\u2028Bcc:\u2029v", "Papers Bcc: v"),
        ("Pa\x00pers\x1b[31m", "Pa pers [31m"),
        ("Pa\u202epers\u2066\u200b", "Papers"),
        ("Pa\ud800pers", "Pa pers"),
        ("  Papers \t and\u00a0 more ", "Papers and more"),
        ("\r\n", ""),
        ("Größe von 論文 🎓", "Größe von 論文 🎓"),
        ("=?utf-8?q?=0D=0ABcc:_v?=", "=?utf-8?q?=0D=0ABcc:_v?="),
        ("a" * 9999, "a" * (HEADER_LIMIT - 1) + "…"),
        ("a" * HEADER_LIMIT, "a" * HEADER_LIMIT),
    ],
)
def test_a_header_is_one_clean_line(value, cleaned):
    assert clean_header(value) == cleaned


@given(st.text(st.characters(), max_size=400), st.integers(1, 300))
def test_no_text_can_break_a_header(value, limit):
    line = clean_header(value, limit=limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert clean_header(line, limit=limit) == line
    line.encode()


EVIL = "Papers\r\nBcc: v@example.org\u2028X: y\u202e\x00"
TAME = "Papers Bcc: v@example.org X: y"


def test_no_setting_starts_a_header_of_its_own(settings):
    settings.SITE_NAME = settings.MAIL_REPLY_TO = EVIL
    settings.MAIL_FROM = "digest@news.example.org"
    message = build(headers={"List-Id": EVIL})
    assert message.subject == f"Confirm your subscription to {TAME}"
    assert message.extra_headers["List-Id"] == message.reply_to[0] == TAME
    assert TAME in message.from_email
    sent = as_sent(message)
    assert sent["Bcc"] is None
    assert sent["X"] is None
    assert sent["Subject"] == message.subject


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("Papers <a@b.org>", "Papers <a@b.org>"),
        ("a@b.org", "Trending Papers <a@b.org>"),
        ("Größe <a@b.org>", "Größe <a@b.org>"),
        ('"Papers, Inc." <a@b.org>', '"Papers, Inc." <a@b.org>'),
        ("Papers\r\nBcc: v <a@b.org>", "v <a@b.org>"),  # read as a group
    ],
)
def test_the_sender_is_one_address_and_its_name_is_not_encoded(settings, mail_from, sender):
    settings.MAIL_FROM = mail_from
    message = build()
    assert message.from_email == sender
    assert [one.addr_spec for one in as_sent(message)["From"].addresses] == ["a@b.org"]


def test_a_mail_has_exactly_one_reader():
    message = build()
    assert message.recipients() == ["ann@example.net"]
    assert [one.addr_spec for one in as_sent(message)["To"].addresses] == ["ann@example.net"]


def test_two_builds_of_one_entry_have_one_id_on_our_domain():
    entry = uuid4()
    ids = {as_sent(build(message_id=entry))["Message-ID"] for _ in range(2)}
    assert ids == {f"<{entry}@news.example.org>"}


def test_ids_are_on_the_domain_of_the_sender_else_of_the_site(settings):
    settings.MAIL_FROM = "Papers <digest@mail.example.com>"
    assert mail.domain() == "mail.example.com"
    settings.MAIL_FROM = "root"
    assert mail.domain() == "news.example.org"


def test_the_mail_service_is_told_which_entry_it_is():
    entry = uuid4()
    assert build(message_id=entry).metadata == {"entry": entry.hex}


@pytest.mark.parametrize(
    ("setting", "expected"), [("", []), ("ed@example.org", ["ed@example.org"])]
)
def test_replies_go_to_a_person_if_there_is_one(settings, setting, expected):
    settings.MAIL_REPLY_TO = setting
    assert build().reply_to == expected


def test_every_mail_says_that_a_machine_wrote_it():
    sent = as_sent(build(headers={"Precedence": "bulk"}))
    assert {name: sent[name] for name in AUTOMATIC} == AUTOMATIC
    assert sent["Precedence"] == "bulk"


def test_a_mail_has_a_text_part_and_an_html_part_with_the_same_link():
    sent = as_sent(build())
    assert sent.get_content_type() == "multipart/alternative"
    text, html = sent.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert CONTEXT["confirm_url"] in text.get_content()
    assert CONTEXT["confirm_url"] in html.get_content()


def test_text_is_not_escaped_and_html_is(settings):
    settings.SITE_NAME = "R&D <papers>"
    message = build()
    assert message.subject == "Confirm your subscription to R&D <papers>"
    assert "R&D <PAPERS>" in message.body
    assert "R&amp;D &lt;papers&gt;" in message.alternatives[0][0]


def test_no_line_as_sent_is_longer_than_smtp_allows():
    lines = build(headers={"X-Long": "word " * 500}).message().as_bytes().splitlines()
    assert max(map(len, lines)) <= 998
