"""Everything that is stored, to see that nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models

APPS = ("papers", "subscriptions", "newsletter")
# How often somebody came, and whether we are alive: these are allowed to change.
OURS = {"SignUpCount", "Heartbeat", "Brake"}


def tables() -> Iterator[type[models.Model]]:
    for name in APPS:
        for model in apps.get_app_config(name).get_models(include_auto_created=True):
            if model.__name__ not in OURS:
                yield model


def dump() -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    found = {}
    for model in tables():
        rows = model._default_manager.order_by("pk").values_list()
        found[model.__name__] = [tuple(map(_plain, row)) for row in rows]
    return found


def changes(before: dict[str, list[tuple[object, ...]]]) -> list[str]:
    """The names of the tables that are not as they were."""
    after = dump()
    return [name for name in before if before[name] != after[name]]


def _plain(value: object) -> object:
    """Postgres returns a view of bytes that compares by identity."""
    return bytes(value) if isinstance(value, memoryview) else value
