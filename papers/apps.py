"""The papers app: what exists and how hot it is."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PapersConfig(AppConfig):
    name = "papers"

    def ready(self) -> None:
        from papers import search  # noqa: PLC0415  # only now there are models

        post_migrate.connect(search.keep_triggers, sender=self)
