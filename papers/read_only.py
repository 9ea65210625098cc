"""Admin pages of rows that nobody adds, changes or deletes by hand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Put before a ModelAdmin or an inline: its rows can be looked at, and no more."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
