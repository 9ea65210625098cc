"""Calls that schemathesis makes up from the schema: none is a 5xx, and none breaks the schema.

A few, always the same.  docs/api.md has the command for a long run.
"""

from __future__ import annotations

import os

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from newsletter import compose
from newsletter.models import Issue
from subscriptions import entrance

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")

CASES = int(os.environ.get("API_CASES", "15"))  # of each operation
KEY = "k" * 32
# A topic that does not exist, or an address nobody writes to, is valid by the schema alone.
DOUBTFUL = [checks.positive_data_acceptance]

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def connections_stay():
    """As with Django's test client: a request does not close the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def site(connections_stay, settings, monkeypatch, make_paper, make_delivery):
    """Something of everything that can be read; sign-ups are open and have no limit."""
    settings.API_SIGNUP_KEYS = [KEY]
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 10**9
    monkeypatch.setattr(entrance, "ring_letters", lambda: None)
    make_paper("Foxes & <hens>", arxiv_id="2603.01234", topics=["agents"], authors=["Ada"])
    chunk = [make_delivery([make_paper(topics=["agents"]) for _ in range(3)])]
    compose.compose_all(chunk)
    Issue.objects.update(state=Issue.State.OPEN)


@schema.parametrize()
@settings(
    max_examples=CASES, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_call_breaks_the_api(case, site):
    headers = {"Authorization": f"Bearer {KEY}"} if case.method == "POST" else {}
    case.call_and_validate(headers=headers, excluded_checks=DOUBTFUL)
