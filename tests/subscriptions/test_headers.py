from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.headers import header, mailbox, verbatim
from subscriptions.mail import clean_header

VALUES = st.text("ab =?_,深é🧪\r\n\u2028", max_size=200).map(clean_header).filter(bool)


def parsed(line: bytes, name: str):
    return message_from_bytes(line + b"\r\n", policy=policy.default)[name]


@given(VALUES)
def test_a_header_says_what_it_was_given(value):
    line = header("Subject", value)
    assert parsed(line, "Subject") == value
    assert line.endswith(b"\r\n")
    line.decode("ascii")


@given(VALUES.filter(lambda value: " " in value or not value.isascii()))
def test_no_line_is_longer_than_it_should_be_and_none_is_empty(value):
    for line in header("Subject", value)[:-2].split(b"\r\n"):
        word = line.removeprefix(b"Subject: ").strip()
        assert len(line) <= 78 or b" " not in word
        assert word
        if word.startswith(b"=?utf-8"):
            assert all(len(part) <= 75 for part in word.split(b" "))


def test_a_long_subject_in_chinese_begins_on_the_first_line():
    first, *rest = header("Subject", "面向长文档的高效推理方法" * 9).split(b"\r\n")
    assert first.startswith(b"Subject: =?utf-8?b?")
    assert len(rest) > 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Papers", "Papers <a@b.org>"),
        ("", "<a@b.org>"),
        ("Papers, Inc.", '"Papers, Inc." <a@b.org>'),
        ('The "Papers"', r'"The \"Papers\"" <a@b.org>'),
        ("Käse", "=?utf-8?b?S8Okc2U=?= <a@b.org>"),
        ("=?x?=", "=?utf-8?b?PT94Pz0=?= <a@b.org>"),
    ],
)
def test_the_name_of_a_mailbox_is_quoted_or_encoded(name, expected):
    assert mailbox(name, "a@b.org") == expected
    [address] = parsed(verbatim("From", expected), "From").addresses
    assert (address.display_name, address.addr_spec) == (name, "a@b.org")
