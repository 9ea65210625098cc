"""The papers app: what exists and how hot it is."""

from __future__ import annotations

from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "papers"
