"""Write the verdicts about a whole chunk in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from subscriptions.among import array
from subscriptions.verdicts import State, Verdict

# One UPDATE that joins the rows with the verdicts. An acceptance also settles one in doubt;
# everything else needs the attempt to be under way, by the claim that it belongs to.
UPDATE = """
UPDATE {table} AS t SET
    state = v.state,
    provider_id = CASE WHEN v.state = 'accepted' THEN v.said ELSE t.provider_id END,
    error = CASE WHEN v.state = 'accepted' THEN '' ELSE v.said END,
    attempts = t.attempts - v.uncounted,
    next_at = CASE WHEN v.seconds IS NULL THEN t.next_at ELSE {later} END,
    finished_at = CASE
        WHEN v.state IN ('accepted', 'rejected', 'failed', 'skipped') THEN {now}
        ELSE t.finished_at END,
    owner = CASE WHEN v.state IN ('pending', 'deferred') THEN NULL ELSE t.owner END,
    lease_until = CASE WHEN v.state IN ('pending', 'deferred') THEN NULL ELSE t.lease_until END
FROM ({source}) AS v
WHERE t.id = v.entry_id AND t.owner = {owner}
    AND (t.state = 'attempting' OR (t.state = 'uncertain' AND v.state <> 'uncertain'))
RETURNING id
"""
DIALECTS = {
    "postgresql": {
        "now": "statement_timestamp()",
        "later": "statement_timestamp() + v.seconds * interval '1 second'",
        "owner": "%s",
        # What was said is one text, cut at a control that no text has: quoting it as an array
        # would take psycopg longer than Postgres takes for the rows.
        "source": "SELECT entry_id, state, coalesce(text, '') AS said, seconds, uncounted"
        " FROM unnest(%s::bigint[], %s::varchar[], string_to_array(%s, chr(31))::varchar[],"
        " %s::float[], %s::smallint[]) AS u(entry_id, state, text, seconds, uncounted)",
    },
    "sqlite": {
        "now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
        "later": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', v.seconds || ' seconds')",
        "owner": "%s",
        "source": "SELECT json_extract(value, '$[0]') AS entry_id,"
        " json_extract(value, '$[1]') AS state,"
        " json_extract(value, '$[2]') AS said, json_extract(value, '$[3]') AS seconds,"
        " json_extract(value, '$[4]') AS uncounted FROM json_each(%s)",
    },
}
CUT = "\x1f"
NOT_STORED = {0x00: None, ord(CUT): " "}  # Postgres has no NUL in texts
Row = tuple[int, str, str, float | None, int]  # id, state, said, seconds to wait, uncounted
LIMITS = {State.ACCEPTED: 255}  # characters that the column holds


def write(table: str, owner: UUID, verdicts: Mapping[int, Verdict]) -> set[int]:
    """Move the entries of this claim; return the ids of those that moved."""
    if not verdicts:
        return set()
    rows: list[Row] = [
        (
            pk,
            str(v.state),
            v.said[: LIMITS.get(v.state, 500)].translate(NOT_STORED),
            None if v.wait is None else v.wait.total_seconds(),
            0 if v.is_counted else 1,
        )
        for pk, v in sorted(verdicts.items())
    ]
    is_postgres = connection.vendor == "postgresql"
    statement = UPDATE.format(table=table, **DIALECTS[connection.vendor])
    source = _columns(rows) if is_postgres else [json.dumps(rows)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*source, owner if is_postgres else owner.hex])
        return {int(row[0]) for row in cursor.fetchall()}


def _columns(rows: Sequence[Row]) -> list[str]:
    """Return the parameters for Postgres: an array each, as text."""
    ids, states, said, seconds, uncounted = zip(*rows, strict=True)
    waits = ["NULL" if wait is None else wait for wait in seconds]
    return [array(ids), array(states), CUT.join(said), array(waits), array(uncounted)]
