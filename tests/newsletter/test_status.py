"""Pages for machines: open to all, and they say nothing about anybody."""

from __future__ import annotations

import pytest

from newsletter.demo.processes import free_port
from subscriptions import heartbeats
from tests.newsletter.rows import a_delivery, an_issue

TOKEN = "a-token-for-tests"


@pytest.fixture(autouse=True)
def room(settings, tmp_path):
    settings.MIN_FREE_GB, settings.JOURNAL_DIR = 0.0, str(tmp_path)


@pytest.fixture
def working(db):
    for name in (heartbeats.TICK, heartbeats.SWEEP, heartbeats.PUMP):
        heartbeats.beat(name)


def test_a_living_process_says_so_and_asks_no_database(client):
    response = client.get("/healthz")  # without the `db` fixture a query would fail
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_working_product_is_ready(client, working):
    response = client.get("/readyz")
    assert (response.status_code, response.json()["complaints"]) == (200, [])
    assert response.json()["ready"] is True
    assert "no-store" in response["Cache-Control"]


def test_a_source_that_is_unwell_is_a_warning_and_no_complaint(client, working, settings):
    settings.PAPER_SOURCES = ["huggingface"]
    response = client.get("/readyz")
    assert (response.status_code, response.json()["complaints"]) == (200, [])
    assert response.json()["warnings"] == ["the source huggingface is late"]


def test_a_product_without_redis_is_not_ready_and_says_why(client, working, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["redis"]) == (503, False)
    assert response.json()["complaints"] == ["Redis does not answer"]


def test_nothing_about_readers_or_this_machine_is_told(client, working, settings, tmp_path):
    settings.METRICS_TOKEN, settings.MIN_FREE_GB = TOKEN, 1e9
    delivery = a_delivery(an_issue())
    pages = [client.get("/readyz"), figures(client, f"Bearer {TOKEN}")]
    for page in pages:
        text = page.content.decode()
        assert delivery.subscriber.email not in text
        assert str(delivery.public_id) not in text
        assert str(tmp_path) not in text


def figures(client, authorization=None):
    headers = {"Authorization": authorization} if authorization else {}
    return client.get("/metrics", headers=headers)


@pytest.mark.parametrize("authorization", [None, "Bearer ", f"Bearer {TOKEN}"])
def test_without_a_token_in_the_settings_there_are_no_figures(client, settings, authorization):
    settings.METRICS_TOKEN = ""
    assert figures(client, authorization).status_code == 404


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x", TOKEN, "Bearer ü"])
def test_who_does_not_know_the_token_sees_nothing(client, settings, authorization):
    settings.METRICS_TOKEN = TOKEN
    response = figures(client, authorization)
    assert (response.status_code, response.content) == (401, b"")


def test_who_knows_the_token_sees_the_figures(client, settings, working):
    settings.METRICS_TOKEN = TOKEN
    response = figures(client, f"Bearer {TOKEN}")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"newsletter_heartbeat_age_seconds" in response.content


@pytest.mark.parametrize("page", ["/healthz", "/readyz", "/metrics"])
def test_they_cannot_be_written_to(client, page):
    assert client.post(page).status_code == 405
