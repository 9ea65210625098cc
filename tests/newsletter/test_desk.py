"""Drafts, previews and test mails: they show the truth and can do nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core import mail

from newsletter import compose, desk
from newsletter.models import Delivery, Issue
from papers.models import Paper
from subscriptions.models import Subscriber
from subscriptions.outgoing import Fate
from subscriptions.verdicts import State
from tests.conftest import MOMENT

STAFF = "editor@example.org"


def own_paths(text: str) -> set[str]:
    return {urlsplit(link).path for link in re.findall(r"https://news\.example\.org/\S+/", text)}


def draft(*topics, cadence="daily", length=7) -> Delivery:
    return desk.draft(topics, cadence=cadence, length=length, at=MOMENT)


def test_a_draft_has_what_a_reader_of_these_topics_would_get(make_paper, make_topic):
    hot = make_paper(topics=["agents"], trend_score=0.9)
    cool = make_paper(topics=["agents"], trend_score=0.1)
    make_paper(topics=["vision"])
    agents = make_topic("agents")

    assert draft(agents).paper_ids == [hot.pk, cool.pk]
    assert draft(agents, length=1).paper_ids == [hot.pk]
    assert draft().paper_ids == []


def test_a_draft_stores_nothing(make_paper, make_topic):
    make_paper(topics=["agents"])
    delivery = draft(make_topic("agents"), cadence="weekly")

    assert delivery.issue.cadence == "weekly"
    assert "Tuesday, 17 March 2026" in compose.html_of(desk.message(delivery))
    assert [m.objects.count() for m in (Issue, Delivery, Subscriber)] == [0, 0, 0]


def test_the_links_of_a_preview_are_nobodys(make_delivery, client):
    delivery = make_delivery()
    message = desk.message(delivery)
    paths = own_paths(message.body)

    assert {path.split("/")[1] for path in paths} == {
        "digest",
        "paper",
        "preferences",
        "unsubscribe",
    }
    assert not paths & own_paths(compose.compose_all([delivery])(delivery).message().body)
    for path in paths:
        assert client.get(path).status_code == 404
        assert client.post(path).status_code in {404, 405}
    assert Subscriber.objects.get().is_deliverable


def test_a_preview_does_not_tell_who_the_reader_is(make_delivery):
    delivery = make_delivery()
    message = desk.message(delivery)
    everything = message.message().as_string()
    assert delivery.subscriber.email not in everything
    assert delivery.subscriber.public_id.hex not in everything


def test_a_test_mail_goes_to_the_staff_and_is_marked(make_delivery, client):
    delivery = make_delivery()
    [result] = desk.send_tests([delivery], to=STAFF)

    [message] = mail.outbox
    assert result.fate == Fate.ACCEPTED
    assert message.recipients() == [STAFF]
    assert message.subject.startswith("[Test] 2 papers for you: ")
    assert all(client.get(path).status_code == 404 for path in own_paths(message.body))


def test_a_test_mail_is_outside_the_ledger(make_delivery):
    delivery = make_delivery()
    desk.send_tests([delivery, delivery], to=STAFF)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.PENDING, 0)

    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]
    assert delivery.public_id.hex not in str(first.metadata)  # events would be taken for his
    assert str(delivery.public_id) not in first.message().as_string()


def test_a_test_of_papers_that_are_gone_says_so(make_delivery, make_paper):
    kept = make_paper("Kept")
    empty, full = make_delivery(1), make_delivery([kept])
    Paper.objects.exclude(pk=kept.pk).delete()
    first, second = desk.send_tests([empty, full], to=STAFF)

    assert (first.fate, first.detail) == (Fate.NEVER, "its papers are gone")
    assert second.fate == Fate.ACCEPTED
    assert len(mail.outbox) == 1


def test_a_test_without_a_mail_service_says_so(make_delivery, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 2
    [result] = desk.send_tests([make_delivery()], to=STAFF)
    assert result.fate == Fate.LATER
    assert "refused" in result.detail
