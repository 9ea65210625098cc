"""Many digests of the sample's papers pass every check, and reach every mail service whole.

`bench/bench_lint.py` does the first with ten thousand.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.mail import get_connection
from django.utils.timezone import now

from bench import corpus
from newsletter import compose, gate, lint
from papers.models import Paper

NOWHERE = Path("/nonexistent")  # so that the sample is used
# Service -> its settings, and where subject, text and HTML stand in what it is sent.
SERVICES = {
    "brevo": ({"api_key": "k"}, ("subject", "textContent", "htmlContent")),
    "mailgun": (
        {"api_key": "k", "sender_domain": "news.example.org"},
        ("subject", "text", "html"),
    ),
    "postmark": ({"server_token": "k"}, ("Subject", "TextBody", "HtmlBody")),
    "resend": ({"api_key": "k"}, ("subject", "text", "html")),
    "sendgrid": ({"api_key": "k"}, ("subject", "text/plain", "text/html")),
}
MERGING = {"merge_data", "substitutions", "recipient-variables", "TemplateModel", "params"}


@pytest.fixture
def surroundings(settings, db):
    settings.POSTAL_ADDRESS = "1 Example Street, Exampletown"
    settings.MAIL_REPLY_TO = "editors@example.org"
    corpus.store_papers(NOWHERE)


def test_two_hundred_digests_pass_every_check(surroundings):
    some = list(corpus.deliveries(200))
    papers = Paper.objects.in_bulk()
    write = compose.compose_all(some)
    hard, most = [], 0
    for delivery in some:
        own = [papers[pk] for pk in delivery.paper_ids]
        words = gate.quoted(own, *corpus.WORDS)
        mail = write(delivery).wire()
        found = lint.check(mail, site=gate.site(own), at=now(), quoted=words)
        hard += [str(finding) for finding in found if finding.is_hard]
        most = max(most, len(delivery.paper_ids))
    assert hard == []
    assert most == corpus.MOST_PAPERS


def handed_over(name: str, message) -> dict:
    """What Anymail would send to the service; header fields, in small letters, are "headers"."""
    options, _ = SERVICES[name]
    backend = get_connection(f"anymail.backends.{name}.EmailBackend", **options)
    payload = backend.build_message_payload(message, backend.send_defaults)
    if name == "mailgun":  # a form
        sent = dict(payload.data)
        told = {key[2:]: value for key, value in sent.items() if key.startswith("h:")}
    else:
        sent = json.loads(payload.serialize_data())
        told = sent.get("headers") or {row["Name"]: row["Value"] for row in sent["Headers"]}
    if name == "sendgrid":
        sent |= {row["type"]: row["value"] for row in sent["content"]}
    return {**sent, "headers": {key.lower(): value for key, value in told.items()}}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_mail_service_is_handed_the_mail_unchanged(surroundings, name):
    some = list(corpus.deliveries(20))
    write = compose.compose_all(some)
    subject, text, html = SERVICES[name][1]
    for delivery in some:
        message = write(delivery).message()
        sent = handed_over(name, message)
        assert sent[subject] == message.subject
        assert sent[text] == message.body
        assert sent[html] == message.alternatives[0][0]
        told = {key.lower(): value for key, value in message.extra_headers.items()}
        assert told.items() <= sent["headers"].items()
        assert not MERGING & sent.keys()
