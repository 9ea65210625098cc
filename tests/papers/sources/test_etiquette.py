"""What the services see of us: how often, how many at once, and by what name."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from werkzeug import Response

from newsletter.demo.processes import free_port
from papers import ingest
from papers.models import Host, Ingestion, Observation, Paper
from papers.sources import SourceError, fetch
from papers.sources.web import addresses, manners, turns
from tests.fakes.papers import Service, daily_lists, listed, say_papers

TODAY = "2026-03-18"  # a Wednesday
WORKING_DAYS = ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", TODAY]
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def lists():
    """Hugging Face's lists; today's needs two pages."""
    days = {
        day: listed(range(100 * n, 100 * n + 20)) for n, day in enumerate(WORKING_DAYS, start=1)
    }
    return days | {TODAY: listed(range(1000, 1130))}


@pytest.fixture(scope="module")
def hosts():
    """A host of Hugging Face, and arXiv's three, by the settings that name them."""
    names = ["HUGGINGFACE_API_URL", "ARXIV_API_URL", "ARXIV_RSS_URL", "ARXIV_OAI_URL"]
    with ExitStack() as stack:
        yield {name: stack.enter_context(Service()) for name in names}


@pytest.fixture
def services(hosts, lists, settings):
    for name, host in hosts.items():
        host.respond = daily_lists(lists) if name.startswith("HUGGINGFACE") else say_papers
        host.asked, host.most_at_once = [], 0
        setattr(settings, name, f"{host.url}/api")
    return hosts


@pytest.fixture
def clock(monkeypatch, settings):
    """Real manners, and a clock that goes on only while somebody sleeps.  Redis is away."""
    monkeypatch.setattr(addresses, "MANNERS", manners.MANNERS)
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(turns.clock, "database_now", timezone.now)
    with time_machine.travel(f"{TODAY} 12:00:00+00:00", tick=False) as traveller:
        monkeypatch.setattr(time, "sleep", traveller.shift)
        yield traveller


def poll(source="huggingface"):
    at = timezone.now()
    since = (at - timedelta(days=7)).date()
    return ingest.take_in(source, ingest.fetched(source, since=since, until=at.date()), at=at)


def gaps(*services):
    moments = sorted(asked.at for service in services for asked in service.asked)
    return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


def test_a_poll_of_eight_dates_is_seven_requests_at_ease(services, clock):
    poll()
    huggingface = services["HUGGINGFACE_API_URL"]
    assert [asked.args["date"] for asked in huggingface.asked] == [TODAY, *reversed(WORKING_DAYS)]
    assert huggingface.most_at_once == 1
    assert min(gaps(huggingface)) >= 1
    assert Paper.objects.count() == 5 * 20 + 130


def test_everybody_hears_who_asks(services, clock):
    poll()
    fetch.get(f"{services['ARXIV_API_URL'].url}/api")
    asked = [each for service in services.values() for each in service.asked]
    agents = {each.headers["User-Agent"] for each in asked}
    assert agents == {"newsletter (+https://news.example.org)"}


def test_a_second_poll_is_answered_with_nothing_and_says_what_is_here(services, clock):
    poll()
    huggingface = services["HUGGINGFACE_API_URL"]
    first, rows = len(huggingface.asked), list(Observation.objects.values())
    clock.shift(timedelta(minutes=45))
    poll()
    again = huggingface.asked[first:]
    assert {asked.status for asked in again} == {304}
    assert all(asked.headers["If-None-Match"].startswith('W/"') for asked in again)
    assert len(again) == first  # the second page of a list is not forgotten
    assert list(Observation.objects.values()) == rows
    assert Ingestion.objects.first().unchanged_pages == first


def test_a_list_that_changed_comes_again(services, clock, lists):
    poll()
    lists[TODAY] = listed(range(1000, 1002), votes=9)
    lists["2026-03-12"] = listed([7])  # a late addition
    clock.shift(timedelta(minutes=45))
    ingestion = poll()
    assert (ingestion.created, ingestion.updated) == (1, 2)
    assert Paper.objects.get(arxiv_id="2603.01000").votes == 9


def test_a_day_of_arxiv_is_one_request_in_three_seconds_over_all_hosts(services, clock):
    hosts = [services[name] for name in ("ARXIV_RSS_URL", "ARXIV_OAI_URL", "ARXIV_API_URL")]
    for host in (*hosts, *hosts, *reversed(hosts)):
        fetch.get(f"{host.url}/api")
    assert sum(len(host.asked) for host in hosts) == 9
    assert gaps(*hosts) == [3.0] * 8
    assert {host.most_at_once for host in hosts} == {1}


def test_a_try_after_a_failure_keeps_the_distance_as_well(services, clock):
    host = services["ARXIV_API_URL"]
    host.respond = lambda request: Response(status=503)
    with pytest.raises(SourceError):
        fetch.get(f"{host.url}/api")
    assert len(host.asked) == 3
    assert min(gaps(host)) >= 3


def test_a_host_that_has_enough_is_not_asked_and_others_are(services, clock):
    api, rss = services["ARXIV_API_URL"], services["ARXIV_RSS_URL"]
    api.respond = lambda request: Response(b"Rate exceeded.")
    for _ in range(20):  # ten minutes
        with pytest.raises(SourceError):
            fetch.get(f"{api.url}/api")
        fetch.get(f"{rss.url}/api")
        clock.shift(timedelta(seconds=26))
    assert len(api.asked) == 1
    assert len(rss.asked) == 20

    clock.shift(Host.objects.get().paused_until - timezone.now())
    with pytest.raises(SourceError):
        fetch.get(f"{api.url}/api")
    assert len(api.asked) == 2


def test_a_poll_that_is_told_to_stop_stops(services, clock):
    huggingface = services["HUGGINGFACE_API_URL"]
    huggingface.respond = lambda request: Response(status=429, headers={"Retry-After": "5"})
    with pytest.raises(SourceError, match="429"):
        poll()
    with pytest.raises(SourceError, match="left alone"):
        poll()
    assert len(huggingface.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_are_one_connection(services, monkeypatch):
    """Real threads with real clocks."""
    quick = {"ARXIV": replace(manners.MANNERS["ARXIV"], spacing=0.1)}
    monkeypatch.setattr(addresses, "MANNERS", quick)
    api = services["ARXIV_API_URL"]

    def slowly(request):
        time.sleep(0.05)
        return Response(b"papers")

    api.respond = slowly

    def ask():
        try:
            fetch.get(f"{api.url}/api")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.asked) == 4
    assert api.most_at_once == 1
    assert min(gaps(api)) >= 0.1
