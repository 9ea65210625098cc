"""Who did what in the admin: to be read, and never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest

from papers.read_only import ReadOnly


class TrailAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["action_time", "user", "what", "content_type", "object_repr", "message"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    search_fields = ["user__username", "object_id", "change_message"]
    date_hierarchy = "action_time"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("-action_time", "-pk")

    @admin.display(description="did", ordering="action_flag")
    def what(self, entry: LogEntry) -> str:
        return str(entry.get_action_flag_display())

    @admin.display(description="in words")
    def message(self, entry: LogEntry) -> str:
        return str(entry.get_change_message())


def note(request: HttpRequest, model: type[Model], message: str) -> None:
    """Keep that somebody did something which is about no single row."""
    LogEntry.objects.create(
        user_id=str(request.user.pk),
        content_type=ContentType.objects.get_for_model(model),
        object_repr=model.__name__,
        action_flag=CHANGE,
        change_message=message,
    )


def register(site: admin.AdminSite) -> None:
    site.register(LogEntry, TrailAdmin)
