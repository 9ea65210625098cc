"""Load what a block of readers wants."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from newsletter import arrays, history
from newsletter.matching import units
from newsletter.matching.phrases import AUTHOR, KEYWORD
from newsletter.matching.pool import Pool
from newsletter.matching.readers import Interests, Pairs, Readers, Tastes
from papers import likeness
from subscriptions import among
from subscriptions.models import Phrase

Ints = NDArray[np.int64]

INTERESTS = """
    SELECT subscriber_id AS reader, topic_id AS topic, weight
    FROM subscriptions_interest WHERE {among}"""
WISHES = """
    SELECT subscriber_id AS reader, phrase_id AS phrase,
           CAST(CASE WHEN is_excluded THEN 1 ELSE 0 END AS smallint) AS is_out
    FROM subscriptions_wish WHERE {among}"""
TASTES = """
    SELECT subscriber_id AS reader, {column} AS packed
    FROM subscriptions_taste WHERE {among} AND length({column}) = {size}"""
KINDS = {Phrase.Kind.KEYWORD.value: KEYWORD, Phrase.Kind.AUTHOR.value: AUTHOR}


def load(
    ids: Ints, *, lengths: Ints, trend_shares: NDArray[np.float64], pool: Pool, on_the_way: Ints
) -> Readers:
    """Return what these readers want, and look up their phrases in the pool.

    Args:
        ids: of subscribers, ascending.
        on_the_way: issues whose mails may still arrive (`Delivery.objects.issues_on_the_way`).
    """
    interests = _interests(ids)
    phrases, excluded = _phrases(ids)
    learn(pool, np.concatenate([phrases.value, excluded.value]))
    sent, risen = history.load(ids, pool, on_the_way=on_the_way)
    return Readers(
        lengths=lengths,
        shares=units.shares(trend_shares),
        interests=interests,
        phrases=phrases,
        excluded=excluded,
        sent=sent,
        risen=risen,
        tastes=_tastes(ids, "vector"),
        aversions=_tastes(ids, "aversion"),
    )


def learn(pool: Pool, phrase_ids: Ints) -> None:
    """Look up phrases that the pool does not know yet."""
    unknown = pool.hits.unknown(phrase_ids)
    if not unknown.size:
        return
    condition, param = among.condition("id", unknown.tolist())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, kind, text FROM subscriptions_phrase WHERE {condition}",  # noqa: S608  # our own
            [param],
        )
        rows = cursor.fetchall()
    pool.hits.learn(pool.index, ((pk, KINDS[kind], text) for pk, kind, text in rows))


def _interests(ids: Ints) -> Interests:
    found = _read(INTERESTS, ids, {"topic": "i8", "weight": "f8"})
    return Interests(found["reader"], found["topic"], units.weights(found["weight"]))


def _phrases(ids: Ints) -> tuple[Pairs, Pairs]:
    found = _read(WISHES, ids, {"phrase": "i8", "is_out": "i2"})
    order = np.lexsort((found["phrase"], found["reader"]))
    pairs = Pairs(found["reader"][order], found["phrase"][order])
    is_out = found["is_out"][order] == 1
    return (
        Pairs(pairs.reader[~is_out], pairs.value[~is_out]),
        Pairs(pairs.reader[is_out], pairs.value[is_out]),
    )


def _tastes(ids: Ints, column: str) -> Tastes:
    size = likeness.SIZE
    found = _read(TASTES, ids, {"packed": f"S{size}"}, column=column, size=size)
    is_current, rows = likeness.table(found["packed"].tobytes())
    return Tastes(found["reader"][is_current], rows.astype(np.float32))


def _read(sql: str, ids: Ints, dtypes: dict[str, str], **names: Any) -> dict[str, Any]:
    """Read rows of these readers, in their order; `reader` becomes the position in `ids`."""
    condition, param = among.condition("subscriber_id", ids.tolist())
    query = sql.format(among=condition, **names)
    found = arrays.read(query, [param], {"reader": "i8", **dtypes})
    found["reader"] = np.searchsorted(ids, found["reader"])
    if np.any(np.diff(found["reader"]) < 0):
        order = np.argsort(found["reader"], kind="stable")
        found = {name: column[order] for name, column in found.items()}
    return found
