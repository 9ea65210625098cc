"""The main job with real parts: web server, worker, beat, queue, database and SMTP."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from newsletter.demo import journey
from newsletter.demo.catcher import Catch, Mailbox
from newsletter.models import Delivery, Issue
from papers import catalogue
from papers.models import Paper
from subscriptions.verdicts import State


@pytest.fixture
def mailbox(sink, tmp_path):
    """Keep what the sink takes, as the demo's mailbox does."""
    box = Mailbox(tmp_path / "mail")
    sink.delay, sink.also = 0, Catch(box)
    return box


@pytest.fixture
def site(live_server, settings, machinery):
    """The site, reachable by plain HTTP, with links in its mails that lead to it."""
    machinery.processes.environment["SITE_URL"] = settings.SITE_URL = live_server.url
    settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = False
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 1000
    catalogue.install()
    call_command("ingest_papers", "sample", verbosity=0)
    machinery.start_worker()
    machinery.start_beat()
    return live_server.url


def test_three_readers_sign_up_confirm_and_get_what_they_chose(site, mailbox):
    journey.travel(site, mailbox, run="test", say=lambda line: None)

    deliveries = list(Delivery.objects.with_contents())
    assert len(deliveries) == 3
    assert journey.faults(mailbox, deliveries) == []
    assert {delivery.state for delivery in deliveries} == {State.ACCEPTED}
    assert [issue.imbalance() for issue in Issue.objects.all()] == [0, 0]


def test_a_new_reader_asks_for_the_digest_of_today_and_gets_it_once(site, mailbox, wait_until):
    later = (datetime.now(UTC).hour + 1) % 24  # no slot is due while the test runs
    persona = journey.Persona("lin", ("agents",), cadence="weekly")
    with journey.Visitor(site) as visitor:
        visitor.sign_up(persona, run="test", hour=later)
        letter = journey.await_mail(mailbox, persona.address("test"), is_digest=False)
        token = visitor.confirm(letter).split("/preferences/")[1].split("/")[0]
        visitor.submit(f"/today/{token}/")
        again = {"csrfmiddlewaretoken": visitor.browser.cookies["csrftoken"]}
        assert visitor.browser.post(f"/today/{token}/", data=again).status_code == 200
    journey.await_mail(mailbox, persona.address("test"), is_digest=True)

    wait_until(lambda: Delivery.objects.get().state == State.ACCEPTED)
    assert len(journey.mails_to(mailbox, persona.address("test"), is_digest=True)) == 1


def test_the_sample_is_real_in_number(transactional_db):
    catalogue.install()
    call_command("ingest_papers", "sample", verbosity=0)
    assert Paper.objects.exclude(summary="").count() >= 60
