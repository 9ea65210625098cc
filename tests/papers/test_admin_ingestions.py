from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client

from newsletter.config import celery_app
from papers.models import Host, Ingestion
from papers.tasks import ingest_source
from tests.papers.admin_steps import query_count, text

AT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
INGESTIONS = "/admin/papers/ingestion/"
HOSTS = "/admin/papers/host/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tuesday")]


@pytest.fixture
def tuesday():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def asked(monkeypatch):
    """The names of the sources that a worker is asked to read."""
    names = []
    monkeypatch.setattr(ingest_source, "apply_async", lambda args, **options: names.extend(args))
    return names


@pytest.fixture
def operator(client):
    """A user who may do only what the given permissions allow."""

    def make(*codenames):
        user = User.objects.create_user("operator", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return make


def test_ingestions_can_be_read_with_their_refusals_and_not_written(admin_client):
    ingestion = Ingestion.objects.create(source="page", error="the line went dead")
    ingestion.refusals.create(place="page.html, line 7", reason="it is torn")
    assert '<td class="field-refused">1</td>' in text(admin_client.get(INGESTIONS))
    address = f"{INGESTIONS}{ingestion.pk}/change/"
    assert "page.html, line 7" in text(admin_client.get(address))
    assert admin_client.post(address, {"error": ""}).status_code == 403
    assert admin_client.get(f"{INGESTIONS}add/").status_code == 403


def test_query_count_of_ingestions_does_not_grow(admin_client):
    Ingestion.objects.create(source="page").refusals.create(place="line 7", reason="torn")
    admin_client.get(INGESTIONS)
    few = query_count(admin_client, INGESTIONS)
    for _ in range(20):
        Ingestion.objects.create(source="page").refusals.create(place="line 7", reason="torn")
    assert query_count(admin_client, INGESTIONS) == few


def test_there_is_one_button_for_each_configured_source(admin_client, settings):
    settings.PAPER_SOURCES = ["huggingface", "sample"]
    page = text(admin_client.get(INGESTIONS))
    assert page.count("/ingest-now/") == 2
    assert "Read huggingface now" in page
    assert f'action="{INGESTIONS}ingest-now/sample/"' in page


def test_a_button_asks_a_worker_to_read_the_source(admin_client, asked):
    response = admin_client.post(f"{INGESTIONS}ingest-now/arxiv/", follow=True)
    assert "A worker was asked to read arxiv." in text(response)
    assert asked == ["arxiv"]


def test_following_a_link_reads_nothing(admin_client, asked):
    assert admin_client.get(f"{INGESTIONS}ingest-now/arxiv/").status_code == 405
    assert asked == []


def test_another_site_cannot_press_the_button(admin_user, asked):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(f"{INGESTIONS}ingest-now/arxiv/").status_code == 403
    assert asked == []


@pytest.mark.parametrize("source", ["page", "no-such-source"])
def test_only_configured_sources_can_be_read(admin_client, asked, settings, source):
    settings.PAPER_SOURCES = ["arxiv", "no-such-source"]
    assert admin_client.post(f"{INGESTIONS}ingest-now/{source}/").status_code == 404
    assert asked == []


def test_who_may_only_look_has_no_buttons(operator, asked):
    client = operator("view_ingestion")
    assert "ingest-now" not in text(client.get(INGESTIONS))
    assert client.post(f"{INGESTIONS}ingest-now/arxiv/").status_code == 403
    assert asked == []


def test_who_may_add_ingestions_has_the_buttons(operator, asked):
    client = operator("view_ingestion", "add_ingestion")
    assert "ingest-now" in text(client.get(INGESTIONS))
    client.post(f"{INGESTIONS}ingest-now/arxiv/")
    assert asked == ["arxiv"]


def test_an_unreachable_redis_is_an_error_message(admin_client, monkeypatch):
    nowhere = partial(celery_app.connection_for_write, "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app, "connection_for_write", nowhere)
    response = admin_client.post(f"{INGESTIONS}ingest-now/arxiv/", follow=True)
    assert "Redis cannot be reached" in text(response)


def test_the_list_begins_with_how_each_source_is(admin_client, settings):
    settings.PAPER_SOURCES = ["huggingface"]
    assert "It has not been read yet." in text(admin_client.get(INGESTIONS))
    Ingestion.objects.create(
        source="huggingface", started_at=AT, finished_at=AT, created=3, newest_list=AT.date()
    )
    assert "<td>fresh</td>" in text(admin_client.get(INGESTIONS))


def test_a_paused_host_is_shown_and_may_be_asked_again(admin_client):
    host = Host.objects.create(
        name="export.arxiv.org", paused_until=AT + timedelta(hours=1), why="it answered 429"
    )
    assert "it answered 429" in text(admin_client.get(HOSTS))
    response = admin_client.post(
        HOSTS, {"action": "end_pause", "_selected_action": [host.pk]}, follow=True
    )
    assert "Hosts that may be asked again: 1." in text(response)
    assert not Host.objects.paused(at=AT).exists()


def test_who_may_only_look_ends_no_pause(operator):
    host = Host.objects.create(name="export.arxiv.org", paused_until=AT + timedelta(hours=1))
    client = operator("view_host")
    client.post(HOSTS, {"action": "end_pause", "_selected_action": [host.pk]})
    assert Host.objects.paused(at=AT).exists()
