"""The API, as programs read it."""

from __future__ import annotations

import pytest
import time_machine

from tests.conftest import MOMENT


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture(autouse=True)
def nobody_is_counted(settings):
    """Tests ask more often in a minute than anybody may."""
    settings.API_CALLS_PER_NETWORK_A_MINUTE = 0


@pytest.fixture
def ask(client, db):
    """Return the status and what was said."""

    def get(path: str, **query) -> tuple[int, dict]:
        response = client.get(f"/api/v1/{path}", query)
        assert response["Content-Type"] == "application/json; charset=utf-8"
        assert response["Access-Control-Allow-Origin"] == "*"
        return response.status_code, response.json()

    return get
