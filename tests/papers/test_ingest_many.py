"""Many records, and two readings at once."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection

from papers.models import Ingestion, Observation, Paper, Refusal
from tests.papers.ingest_steps import (
    record,
    records,
    store,
    votes,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_known", [False, True])
def test_query_count_does_not_grow_with_records(is_known, django_assert_max_num_queries):
    items = records(200, counts=votes(4), topics=("agents",))
    if is_known:
        store(*records(200, abstract="Old."))
    # SQLite takes at most 999 values in one statement, so its writes come in parts.
    with django_assert_max_num_queries(16 if connection.vendor == "postgresql" else 40):
        store(*items)
    assert Observation.objects.count() == 200


def test_a_thousand_papers_of_one_reading_are_all_stored():
    store(*records(1_000, counts=votes(4), abstract="We skate. " * 100, authors=("Ada One",) * 8))
    assert Refusal.objects.count() == 0
    assert Paper.objects.count() == 1_000


@pytest.mark.django_db(transaction=True)
def test_two_readings_at_once_never_double_a_paper():
    failures = []

    def read(numbers):
        try:
            store(*(record(number, counts=votes(4)) for number in numbers))
        except Exception as error:  # noqa: BLE001  # shown by the main thread
            failures.append(error)
        finally:
            connection.close()

    forward, backward = range(1, 401), range(400, 0, -1)
    threads = [Thread(target=read, args=[numbers]) for numbers in (forward, backward, forward)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Paper.objects.count() == 400
    assert sum(row.created for row in Ingestion.objects.all()) == 400
