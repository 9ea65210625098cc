"""Events to rows, thousands at a time: the SQL of each engine, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from newsletter.happenings import Happening
from newsletter.models import Delivery
from subscriptions.bounces import Kind
from subscriptions.models import Letter
from subscriptions.verdicts import MAY_BE_IN_DOUBT

# Kinds that change something about the reader.
TELLING = frozenset({Kind.SOFT, Kind.INACTIVE, Kind.HARD, Kind.LEFT, Kind.COMPLAINED})

_IN_DOUBT = [state.value for state in MAY_BE_IN_DOUBT]

# One statement finds the mail, sees whether the recipient is its reader, stores what is
# new, and returns what follows from it.  Rows go in by their key, so that two workers
# wait for each other in the same order.  A LIMIT makes Postgres look each of them up by
# an index: it would rather read all readers, for two thousand events.
_POSTGRES = """
WITH told AS MATERIALIZED (
    SELECT t.*, d.issue_id, coalesce(d.lane, '') AS lane, s.id AS reader,
           coalesce(lower(s.email) = lower(t.recipient), FALSE) AS is_ours,
           coalesce(coalesce(d.state, l.state) = ANY(%s), FALSE) AS in_doubt
    FROM unnest(string_to_array(%s, E'\n')::uuid[], string_to_array(%s, E'\n'),
                string_to_array(%s, E'\n')::smallint[], string_to_array(%s, E'\n', '')::uuid[],
                string_to_array(%s, E'\n'), string_to_array(%s, E'\n')::timestamptz[],
                string_to_array(%s, E'\n'))
        AS t (key, provider, kind, entry, recipient, at, reply)
    LEFT JOIN LATERAL (
        SELECT issue_id, lane, state, subscriber_id FROM newsletter_delivery
        WHERE public_id = t.entry LIMIT 1
    ) d ON TRUE
    LEFT JOIN LATERAL (
        SELECT state, subscriber_id FROM subscriptions_letter
        WHERE d.issue_id IS NULL AND public_id = t.entry LIMIT 1
    ) l ON TRUE
    LEFT JOIN LATERAL (
        SELECT id, email FROM subscriptions_subscriber
        WHERE id = coalesce(d.subscriber_id, l.subscriber_id) LIMIT 1
    ) s ON TRUE
), stored AS (
    INSERT INTO newsletter_event (key, provider, kind, entry, issue_id, lane, is_ours, at, reply)
    SELECT key, provider, kind, entry, CASE WHEN is_ours THEN issue_id END,
           CASE WHEN is_ours THEN lane ELSE '' END, is_ours, at, coalesce(reply, '')
    FROM told ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING key
)
SELECT count(*)::int, NULL::text, NULL::uuid, NULL::bigint, NULL::timestamptz, FALSE FROM stored
UNION ALL
SELECT kind, provider, entry, reader, at, in_doubt FROM told JOIN stored USING (key)
WHERE is_ours AND (in_doubt OR kind = ANY(%s))
"""

_SQLITE = """
INSERT INTO newsletter_event (key, provider, kind, entry, issue_id, lane, is_ours, at, reply)
VALUES {places} ON CONFLICT (key) DO NOTHING RETURNING key
"""
_SQLITE_ROWS = 500  # times nine values: below its limit of 32,766


class Consequence(NamedTuple):
    """An event, told for the first time, that changes something."""

    kind: int
    provider: str
    entry: UUID
    reader: int  # primary key of a Subscriber
    at: datetime
    in_doubt: bool  # perhaps nobody knew yet whether the service had taken the mail


class _Mail(NamedTuple):
    issue: int | None
    lane: str
    reader: int
    email: str
    state: str


def find_entries(happenings: Sequence[Happening]) -> list[Happening]:
    """Look those up by the service's id of the mail that do not come with ours."""
    ids = {told.message_id for told in happenings if not told.entry and told.message_id}
    if not ids:
        return list(happenings)
    rows = Delivery.objects.filter(provider_id__in=ids, subscriber__isnull=False)
    found = {
        (provider_id, email.casefold()): public_id.hex
        for provider_id, email, public_id in rows.values_list(
            "provider_id", "subscriber__email", "public_id"
        )
    }
    return [
        told
        if told.entry
        else told._replace(entry=found.get((told.message_id, told.recipient.casefold()), ""))
        for told in happenings
    ]


def store(happenings: Sequence[Happening]) -> tuple[int, list[Consequence]]:
    """Store those that are new; return how many, and what follows from them.

    `happenings` have different keys, in ascending order.
    """
    if not happenings:
        return 0, []
    if connection.vendor == "postgresql":
        return _store_in_postgres(happenings)
    return _store_in_sqlite(happenings)


def _store_in_postgres(happenings: Sequence[Happening]) -> tuple[int, list[Consequence]]:
    keys, providers, kinds, entries, _, recipients, moments, replies = zip(*happenings, strict=True)
    texts = [keys, providers, map(str, kinds), entries, recipients, map(str, moments), replies]
    columns = [_lines(column, count=len(keys)) for column in texts]
    values: list[Any] = [_IN_DOUBT, *columns, [kind.value for kind in TELLING]]
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES, values)
        (count, *_), *rows = cursor.fetchall()
    return count, [Consequence._make(row) for row in rows]


def _lines(values: Iterable[str], *, count: int) -> str:
    """Many values as one: psycopg takes five times as long for an array."""
    text = "\n".join(values)
    if text.count("\n") != count - 1:
        raise ValueError("a happening has a text of more than one line")
    return text


def _store_in_sqlite(happenings: Sequence[Happening]) -> tuple[int, list[Consequence]]:
    mails = _mails({told.entry for told in happenings})
    new: set[str] = set()
    for start in range(0, len(happenings), _SQLITE_ROWS):
        chunk = happenings[start : start + _SQLITE_ROWS]
        values: list[Any] = [value for told in chunk for value in _row(told, _own(told, mails))]
        places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(chunk))
        with connection.cursor() as cursor:
            cursor.execute(_SQLITE.format(places=places), values)
            new.update(key for (key,) in cursor.fetchall())
    found = [
        Consequence(
            told.kind,
            told.provider,
            UUID(told.entry),
            mail.reader,
            told.at,
            mail.state in MAY_BE_IN_DOUBT,
        )
        for told in happenings
        if told.key in new and (mail := _own(told, mails))
    ]
    return len(new), [one for one in found if one.in_doubt or one.kind in TELLING]


def _mails(entries: Iterable[str]) -> dict[str, _Mail]:
    """Return entry -> what the ledger knows; SQLite may take its time."""
    ids = [UUID(entry) for entry in entries if entry]
    readers = ("subscriber_id", "subscriber__email", "state", "public_id")
    known: dict[str, _Mail] = {}
    for start in range(0, len(ids), _SQLITE_ROWS):
        some = ids[start : start + _SQLITE_ROWS]
        letters = Letter.objects.filter(public_id__in=some)
        for *rest, public_id in letters.values_list(*readers):
            known[public_id.hex] = _Mail(None, "", *rest)
        deliveries = Delivery.objects.filter(public_id__in=some, subscriber__isnull=False)
        for *rest, public_id in deliveries.values_list("issue_id", "lane", *readers):
            known[public_id.hex] = _Mail(*rest)
    return known


def _own(told: Happening, mails: dict[str, _Mail]) -> _Mail | None:
    """The mail that it is about, if its recipient is the reader of that mail."""
    mail = mails.get(told.entry)
    return mail if mail and mail.email.casefold() == told.recipient.casefold() else None


def _row(told: Happening, mail: _Mail | None) -> tuple[Any, ...]:
    at = connection.ops.adapt_datetimefield_value(told.at)
    issue, lane = (mail.issue, mail.lane) if mail else (None, "")
    entry = told.entry or None
    return told.key, told.provider, told.kind, entry, issue, lane, bool(mail), at, told.reply
