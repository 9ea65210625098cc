"""A filled payload is what Anymail itself writes, whatever the texts say."""

from __future__ import annotations

import json
import logging

import pytest
from django.core.mail import get_connection
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscriptions.esp.filling import Filler
from tests.fakes.esp import anymail
from tests.subscriptions.esp_steps import PATHS, Mail

HOSTILE = [
    '"', "\\", "\\u0041", "{{ name }}", "%recipient.x%", "*|x|*", "{% x %}", "[[x]]", "${x}",
    "\U0001f600", "\u2028", "\u0085", "\u202e", "\ud800", "\x00", "\x7f", "</script>", "&amp;",
    "$x$", "%s", "{0}", "\\1", "\\g<0>", "mark0x", "marks.invalid", "\xa0", "\r\n.\r\n", "' OR 1=1",
]  # fmt: skip
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), max_size=6).map("".join)
lines = texts.map(lambda text: text.replace("\r", " ").replace("\n", " "))
recipients = st.sampled_from(
    ["ann@example.net", "a.b+c@x-y.example.org", "Ann@Example.NET", "\xfc@example.org",
     "ann@b\xfccher.example", "o'neil@example.net", "ann@-a.org", '"a b"@example.org']
)  # fmt: skip
BATCHES = ["postmark", "resend", "mailjet", "mailtrap"]


@pytest.fixture(params=BATCHES)
def backend(request):
    with override_settings(ANYMAIL=anymail("http://127.0.0.1:9")):
        yield get_connection(PATHS[request.param])


def written(write, message):
    """JSON of what was written, or the kind of error."""
    try:
        return json.dumps(write(message), default=dict)
    except ValueError as error:
        return type(error).__name__


headers = st.dictionaries(st.sampled_from(["X-A", "List-Id", "Reply-To", "x-a", "From"]), lines)
hostile = st.builds(Mail, st.integers(0, 10**9), recipients, texts, texts, lines, headers)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(hostile, max_size=5))
def test_hostile_texts_come_out_as_anymail_writes_them(backend, outgoing):
    filler = Filler(backend)
    for one in outgoing:
        plain = Mail(1, "ann@example.net", headers=dict.fromkeys(one.headers, "ed@example.org"))
        written(filler.data, plain.message())  # from now on mails of this kind are filled
        assert written(filler.data, one.message()) == written(filler.real, one.message())


def test_texts_with_our_own_marks_come_out_as_anymail_writes_them(backend):
    filler = Filler(backend)
    filler.data(Mail(1, "ann@example.net").message())
    marks = filler._marks.named(5)
    one = Mail(2, "bob@example.net", marks[3], marks[2] + "x", f"{marks[1]} {marks[0]}")
    assert filler.data(one.message()) == filler.real(one.message())


def test_ordinary_mails_are_filled_and_not_built(backend, monkeypatch):
    filler = Filler(backend)
    filler.data(Mail(1, "ann@example.net").message())
    monkeypatch.setattr(filler, "real", None)
    data = json.dumps(filler.data(Mail(2, "bob@example.net", "Other").message()), default=dict)
    assert "bob@example.net" in data
    assert "Other" in data
    assert "ann@" not in data
    assert "mark" not in data


@pytest.mark.parametrize(
    "change",
    [
        {"cc": ["v@example.org"]}, {"bcc": ["v@example.org"]}, {"tags": ["digest"]},
        {"attachments": [("a.txt", "x", "text/plain")]}, {"merge_metadata": {"a@b.org": {"x": 1}}},
        {"to": ["a@b.org", "c@d.org"]}, {"reply_to": None}, {"track_opens": False},
        {"esp_extra": {"x": "y"}}, {"alternatives": [("<p>", "text/html"), ("x", "text/html")]},
    ],
)  # fmt: skip
def test_mails_of_other_kinds_come_out_as_anymail_writes_them(backend, change):
    filler = Filler(backend)
    filler.data(Mail(1, "ann@example.net").message())
    one = Mail(2, "bob@example.net", options=change)
    assert written(filler.data, one.message()) == written(filler.real, one.message())


def test_a_kind_that_comes_out_different_is_left_to_anymail(backend, monkeypatch, caplog):
    filler = Filler(backend)
    monkeypatch.setattr(filler._marks, "fill_of", lambda data: lambda texts: {"other": 1})
    one = Mail(1, "ann@example.net").message()
    with caplog.at_level(logging.WARNING):
        assert filler.data(one) == filler.real(one)
    assert "one by one" in caplog.text


def test_defaults_of_the_operator_are_in_every_mail(settings):
    settings.ANYMAIL = anymail("http://x") | {
        "SEND_DEFAULTS": {"tags": ["digest"], "metadata": {"a": "b"}}
    }
    filler = Filler(get_connection(PATHS["postmark"]))
    first, second = (filler.data(Mail(n, "ann@example.net").message()) for n in (1, 2))
    assert first["Tag"] == second["Tag"] == "digest"
    assert second["Metadata"] == {"a": "b", "entry": Mail(2, "").key}
