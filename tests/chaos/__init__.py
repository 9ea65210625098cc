"""What breaks in production, broken here on purpose: `python -m tests.chaos --help`.

Real parts: a durable Postgres (or SQLite), Valkey, Celery workers and beat, and a mail server
that keeps a log of its own.  Each scene sends one issue, breaks something meanwhile, and then
compares three books: what the server accepted, what the ledger says, and what was in doubt
when a process died.
"""
