"""Which addresses are accepted, and when two spellings are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.address import BadAddress, bucket, mask, normalise

SENDER = "digest@news.example.org"
OURS = ["editors@example.org", ""]

REFUSED = {
    "empty": "",
    "spaces": "  ",
    "no at": "a",
    "no local part": "@x.com",
    "no domain": "a@",
    "two ats": "a@@x.com",
    "single label": "a@b",
    "localhost": "a@localhost",
    "bare IPv4": "a@127.0.0.1",
    "IPv4 literal": "a@[127.0.0.1]",
    "IPv6 literal": "a@[IPv6:::1]",
    "leading dot": ".a@x.com",
    "trailing dot": "a.@x.com",
    "two dots": "a..b@x.com",
    "two dots in the domain": "a@x..com",
    "leading hyphen": "a@-x.com",
    "final dot": "a@x.com.",
    "underscore": "a@x_y.com",
    "local part of 65": "a" * 65 + "@x.com",
    "local part of 300": "a" * 300 + "@x.com",
    "255 in all": "a" * 60 + "@" + "b." * 95 + "com.",
    "254 that grow as xn--": "a" * 60 + "@" + "ä" * 30 + ".ö" * 75 + ".com",
    "10,000 characters": "a" * 10_000,
    "5 MB": "a" * 5_000_000 + "@x.com",
    "line break": "a\n@x.com",
    "header after it": "a@x.com\r\nBcc: v@y.com",
    "encoded header": "a@x.com%0d%0aBcc:v@y.com",
    "NUL": "a\0@x.com",
    "NUL in the domain": "a@x\0.com",
    "zero width in local part": "a\u200bb@x.com",
    "zero width in domain": "a@x\u200b.com",
    "right to left": "a@x\u202e.com",
    "soft hyphen": "a@x\u00ad.com",
    "Cyrillic local part": "\u0430@x.com",
    "long s": "\u017f@x.com",
    "Kelvin": "\u212a@x.com",
    "umlaut in local part": "\u00fcser@x.com",
    "broken punycode": "a@xn--\0",
    "impossible punycode": "a@xn--a.com",
    "emoji": "a@\U0001f4a9.la",
    "emoji as punycode": "a@xn--ls8h.la",
    "quoted": '"a b"@x.com',
    "quoted script": '"<script>alert(1)</script>"@x.com',
    "formula with a space": "=cmd|'/C calc'!A0@x.com",
    "comma": "a@x.com,b@y.com",
    "semicolon": "a@x.com;b@y.com",
    "display name": "A <a@x.com>",
    "mailto": "mailto:a@x.com",
    "query": "a@x.com?bcc=v@y.com",
    "comment": "a(v)@x.com",
    "full-width at": "a\uff20x.com",
    "lone surrogate": "a@\ud800.com",
    "abuse desk": "abuse@x.com",
    "postmaster": "Postmaster@x.com",
    "noreply": "noreply@x.com",
    "no-reply": "no-reply+1@x.com",
    "mailer daemon": "MAILER-DAEMON@x.com",
    "our own": "Digest@News.Example.org",
    "our own with a tag": "digest+loop@news.example.org",
    "reserved name": "a@x.test",
    "our own reply-to": "Editors+1@Example.org",
    "bounces": "bounces@x.com",
    "do not reply": "Do-Not-Reply@x.com",
    "punycode that holds a NUL": "a@xn--\\u0000",
    "header in the domain": "a@x.com\nX-Spam: no",
    "Cyrillic top level that is none": "a@x.\u0441om-",
    "group": "G:a@b.com,c@d.com;",
    "comment at the end": "a@x.com(v@y.com)",
    "percent hack": "a%b.com@",
    "bang path": "x.com!a",
    "source route": "@x.com:a@y.com",
    "port": "a@x.com:25",
    "space inside": "a @x.com",
    "space in the domain": "a@x .com",
    "zero width joiner": "a@x\u200d.com",
    "byte order mark": "\ufeff\u200ba@x.com",
    "right to left mark": "a@\u200fx.com",
    "DEL": "a\x7f@x.com",
    "C1": "a\x85b@x.com",
    "U+2028": "a\u2028b@x.com",
    "label of 64": "a@" + "b" * 64 + ".com",
}

ACCEPTED = {
    " a@x.com ": "a@x.com",
    "\ta@x.com\n": "a@x.com",
    "\u00a0a@x.com\u3000": "a@x.com",
    "user@\u0440\u0430\u0443\u0440\u0430l.com": "user@xn--l-7sba6dbr.com",
    "user@\u24d6mail.com": "user@gmail.com",
    "user@gmail\u3002com": "user@gmail.com",
    "a@ex\u00e4mple.com": "a@xn--exmple-cua.com",
    "a@xn--exmple-cua.com": "a@xn--exmple-cua.com",
    "a@XN--EXMPLE-CUA.com": "a@xn--exmple-cua.com",
    "A@X.com": "a@x.com",
    "+1@x.com": "+1@x.com",
    "-x@x.com": "-x@x.com",
    "a'or'1'='1@x.com": "a'or'1'='1@x.com",
    "a+1@x.com": "a+1@x.com",
    "j.o.e@gmail.com": "j.o.e@gmail.com",
    "a" * 64 + "@x.com": "a" * 64 + "@x.com",
    "reader@news.example.org": "reader@news.example.org",
    "someone@example.org": "someone@example.org",
    "a%b@x.com": "a%b@x.com",
    "=1+1@x.com": "=1+1@x.com",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_readers_address_is_refused(raw):
    with pytest.raises(BadAddress):
        normalise(raw, sender=SENDER, ours=OURS)


@pytest.mark.parametrize(("raw", "stored"), ACCEPTED.items(), ids=map(ascii, ACCEPTED))
def test_one_address_has_one_spelling(raw, stored):
    assert normalise(raw, sender=SENDER) == stored


def test_letters_that_mail_cannot_carry_yet_get_a_clear_answer():
    with pytest.raises(BadAddress, match="only plain letters"):
        normalise("\u00fcser@x.com")


@given(st.text(max_size=80) | st.from_regex(r"[\w.+@\-\u00a0-\u04ff]{1,20}@[\w.\-]{1,20}"))
def test_any_text_gives_a_plain_address_or_a_refusal(raw):
    try:
        stored = normalise(raw, sender=SENDER)
    except BadAddress:
        return
    assert stored.isascii()
    assert stored.isprintable()
    assert normalise(stored) == stored == stored.lower()


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("a+1@x.com", "a@x.com"),
        ("a+1+2@x.com", "a@x.com"),
        ("+1@x.com", "+1@x.com"),
        ("j.o.e@gmail.com", "joe@gmail.com"),
        ("j.oe+x@googlemail.com", "joe@gmail.com"),
        ("j.o.e@x.com", "j.o.e@x.com"),
    ],
)
def test_spellings_of_one_mailbox_count_together(address, mailbox):
    assert bucket(address) == mailbox


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("alice@example.net", "a…e@example.net"),
        ("abc@example.net", "a…c@example.net"),
        ("ab@example.net", "a…@example.net"),
        ("a@example.net", "a…@example.net"),
    ],
)
def test_a_masked_address_keeps_two_letters_at_most(address, shown):
    assert mask(address) == shown
