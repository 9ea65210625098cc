"""The operator's view of dry runs: counts alone, so everybody who works here may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse

from newsletter.models import Rehearsal
from newsletter.rehearsal.drawing import histogram
from papers.models import Paper, Topic
from papers.read_only import ReadOnly

SHOWN = 20  # papers, and topics


class RehearsalAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Dry runs are made by `manage.py rehearse_issue`."""

    list_display = ["on", "cadence", "started_at", "progress", "mails", "without_papers"]
    list_filter = ["cadence"]
    date_hierarchy = "on"
    fields = ["cadence", "on", "started_at", "finished_at", "progress", "error"]
    readonly_fields = ["progress"]

    @admin.display(description="readers")
    def progress(self, kept: Rehearsal) -> str:
        return f"{kept.done:,} of {kept.total:,}"

    @admin.display(description="mails")
    def mails(self, kept: Rehearsal) -> str:
        return _count(kept, "recipients")

    @admin.display(description="without papers")
    def without_papers(self, kept: Rehearsal) -> str:
        return _count(kept, "skipped")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        kept = self.get_object(request, object_id)
        shown = _shown(kept.result) if kept and kept.result else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})


def _count(kept: Rehearsal, name: str) -> str:
    return f"{kept.result[name]:,}" if kept.result else "-"


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    seconds = found["seconds"]
    return {
        "found": found,
        "chart": histogram(found["readers"]),
        "papers": _named(found["papers"], Paper.objects.values_list("pk", "title")),
        "topics": _named(found["topics"], Topic.objects.values_list("pk", "name")),
        "time": None if seconds is None else timedelta(seconds=round(seconds)),
    }


def _named(rows: list[list[int]], names: models.QuerySet[Any, Any]) -> list[tuple[str, int]]:
    """Return names and counts of the first rows of (id, count); what is gone has no name.

    Args:
        names: rows of (id, name).
    """
    first = rows[:SHOWN]
    found = dict(names.filter(pk__in=[pk for pk, _ in first]))
    return [(found.get(pk, "-"), count) for pk, count in first]


def register(site: admin.AdminSite) -> None:
    site.register(Rehearsal, RehearsalAdmin)
