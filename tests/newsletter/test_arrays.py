"""Columns between the database and numpy, on whichever engine the tests run."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection

from newsletter import arrays
from newsletter.arrays import JOINED, Field
from papers.models import Topic
from subscriptions import among

COLUMNS = {"id": "i8", "position": "i4", "name": "S4"}
SQL = """
    SELECT id, CAST(position AS integer) AS position, {name} AS name
    FROM papers_topic WHERE {among}"""


def read(ids):
    chosen, param = among.condition("id", ids)
    found = arrays.read(SQL.format(among=chosen, name=arrays.fixed("name", 4)), [param], COLUMNS)
    names = [name.decode(errors="replace").rstrip() for name in found["name"].tolist()]
    return sorted(zip(found["id"].tolist(), found["position"].tolist(), names, strict=True))


@pytest.fixture
def topics(db):
    Topic.objects.all().delete()
    return [
        Topic.objects.create(slug=name.lower(), name=name, position=number)
        for number, name in enumerate(["Agents", "RL", "100%"])
    ]


def test_columns_are_read_by_their_types(topics):
    agents, rl, percent = topics
    assert read([agents.pk, percent.pk]) == [(agents.pk, 0, "Agen"), (percent.pk, 2, "100%")]
    assert read([rl.pk]) == [(rl.pk, 1, "RL")]


def test_no_rows_are_empty_columns(topics):
    assert read([]) == read([10**12]) == []


def test_more_ids_than_a_statement_has_parameters(topics):
    assert len(read([*range(10**9, 10**9 + 40_000), topics[0].pk])) == 1


def test_bytes_of_all_rows_are_joined(db):
    kind = "bytea" if connection.vendor == "postgresql" else "blob"
    two = (
        f"SELECT 1 AS number, CAST('ab' AS {kind}) AS part UNION ALL SELECT 2, CAST('c' AS {kind})"
    )
    dtypes = {"number": "i4", "part": JOINED}
    found = arrays.read(two, [], dtypes)
    assert (found["number"].tolist(), found["part"]) == ([1, 2], b"abc")
    none = arrays.read(f"SELECT * FROM ({two}) AS two WHERE number > 2", [], dtypes)  # noqa: S608
    assert (none["number"].size, none["part"]) == (0, b"")


def test_rows_are_written_column_by_column(topics):
    if connection.vendor != "postgresql":
        pytest.skip("COPY is Postgres's")
    slugs = np.frombuffer(b"one\xc3\xa9.....", np.uint8)[:9].reshape(3, 3)
    which = np.array([0, 1, 0])
    empty = Field.choice([""], which * 0)
    fields = {
        "slug": Field(slugs, np.array([3, 2, 0])),
        "name": Field.choice(["short", "not so short"], which),
        "position": Field.of(np.array([1, 2, 3], ">i2")),
        "is_active": Field(np.ones((3, 1), np.uint8)),
        **dict.fromkeys(("description", "include", "exclude", "categories"), empty),
    }
    Topic.objects.all().delete()
    arrays.write("papers_topic", fields)
    rows = list(Topic.objects.order_by("position").values_list("slug", "name", "is_active"))
    assert rows == [("one", "short", True), ("é", "not so short", True), ("", "short", True)]
