"""The database's clock, which all of our machines share."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils.timezone import now


def database_now() -> datetime:
    """Return what time the database says that it is.

    SQLite runs in this process and has no other clock.
    """
    if connection.vendor != "postgresql":
        return now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
