"""Finds papers by words: Postgres' own full text, or FTS5 on SQLite.

What is asked is written as people write it: words, "whole phrases", and -words that a paper
must not have.  No query is wrong; one that says nothing finds nothing.
"""

from __future__ import annotations

import re

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import FloatField, Value
from django.db.models.expressions import RawSQL

from papers.models import Paper, PaperQuerySet

LONGEST = 200  # characters of a query that are read
PART = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
WORD = re.compile(r"\w+")

# The title counts most.  What stands between < and > would be taken for a tag and left out,
# and words with a / between them for the name of a file.  `search` is a column that Postgres
# keeps up to date, and that Django does not know.
POSTGRES = (
    """
    ALTER TABLE papers_paper ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', translate(title, '<>/', '   ')), 'A')
        || setweight(to_tsvector('english', translate(abstract, '<>/', '   ')), 'C')
        || setweight(jsonb_to_tsvector('english', authors, '["string"]'), 'B')
        || setweight(to_tsvector('english', translate(coalesce(arxiv_id, ''), '/', ' ')), 'A')
    ) STORED
    """,
    "CREATE INDEX paper_search ON papers_paper USING gin (search)",
)
# Triggers keep the table in step; its text is the papers' own.
SQLITE = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS papers_search USING fts5(
        title, abstract, authors, arxiv_id,
        content='papers_paper', content_rowid='id', tokenize='porter unicode61'
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS papers_search_new AFTER INSERT ON papers_paper BEGIN
        INSERT INTO papers_search(rowid, title, abstract, authors, arxiv_id)
        VALUES (new.id, new.title, new.abstract, new.authors, new.arxiv_id);
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS papers_search_gone AFTER DELETE ON papers_paper BEGIN
        INSERT INTO papers_search(papers_search, rowid, title, abstract, authors, arxiv_id)
        VALUES ('delete', old.id, old.title, old.abstract, old.authors, old.arxiv_id);
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS papers_search_changed
    AFTER UPDATE OF title, abstract, authors, arxiv_id ON papers_paper BEGIN
        INSERT INTO papers_search(papers_search, rowid, title, abstract, authors, arxiv_id)
        VALUES ('delete', old.id, old.title, old.abstract, old.authors, old.arxiv_id);
        INSERT INTO papers_search(rowid, title, abstract, authors, arxiv_id)
        VALUES (new.id, new.title, new.abstract, new.authors, new.arxiv_id);
    END
    """,
)


def install(database: BaseDatabaseWrapper) -> None:
    """Make the index; called by a migration, on Postgres once."""
    statements = POSTGRES if database.vendor == "postgresql" else SQLITE
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        if database.vendor == "sqlite":
            cursor.execute("INSERT INTO papers_search(papers_search) VALUES ('rebuild')")


def keep_triggers(**kwargs: object) -> None:
    """After a migration that made SQLite's table anew, which forgets its triggers."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            ["papers_paper"],
        )
        (count,) = cursor.fetchone()
    if count < len(SQLITE) - 1:
        install(connection)


def find(query: str) -> PaperQuerySet:
    """Return papers with all that is asked for, each with `relevance`: more is better."""
    asked = clean(query)
    if not asked:
        return Paper.objects.none().annotate(relevance=Value(0.0))
    return _in_postgres(asked) if connection.vendor == "postgresql" else _in_sqlite(asked)


def clean(query: str) -> str:
    """What of a query is read."""
    kept = "".join(
        " " if sign in "<>/" or not sign.isprintable() else sign for sign in query[:LONGEST]
    )
    return " ".join(kept.split()).encode("utf-8", "ignore").decode()


def words(query: str) -> list[str]:
    """The words that are asked for, without those that must not be there."""
    return [
        word
        for is_not, phrase, single in PART.findall(clean(query))
        if not is_not
        for word in WORD.findall(phrase or single)
    ]


def match_of(query: str) -> str:
    """The query as FTS5 writes it; empty if nothing is asked for.  Pure.

    Every part is quoted, so no sign of it is an operator.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for is_not, phrase, single in PART.findall(query):
        if found := " ".join(WORD.findall(phrase or single)):
            (unwanted if is_not else wanted).append(f'"{found}"')
    if not wanted:
        return ""
    return " ".join(wanted) + "".join(f" NOT {part}" for part in unwanted)


def _in_postgres(query: str) -> PaperQuerySet:
    ids = RawSQL(  # the query is a parameter
        "SELECT id FROM papers_paper WHERE search @@ websearch_to_tsquery('english', %s)",
        [query],
    )
    rank = RawSQL(
        "ts_rank(papers_paper.search, websearch_to_tsquery('english', %s))",
        [query],
        output_field=FloatField(),
    )
    return Paper.objects.filter(pk__in=ids).annotate(relevance=rank)


def _in_sqlite(query: str) -> PaperQuerySet:
    asked = match_of(query)
    if not asked:
        return Paper.objects.none().annotate(relevance=Value(0.0))
    ids = RawSQL("SELECT rowid FROM papers_search WHERE papers_search MATCH %s", [asked])
    rank = RawSQL(  # bm25 is the less the better
        "(SELECT -bm25(papers_search, 8.0, 1.0, 4.0, 8.0) FROM papers_search"
        " WHERE papers_search MATCH %s AND rowid = papers_paper.id)",
        [asked],
        output_field=FloatField(),
    )
    return Paper.objects.filter(pk__in=ids).annotate(relevance=rank)
