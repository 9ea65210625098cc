"""What the admin tests of papers share."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext


def text(response):
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def query_count(client, address):
    with CaptureQueriesContext(connection) as queries:
        text(client.get(address))
    return len(queries)
