"""How editors plan an issue in the admin, and see which papers it could have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from newsletter import candidates, placing
from newsletter.matching import units
from newsletter.models import Issue, Placement, Plan
from papers.models import Paper
from papers.recorded import Recorded

SHOWN = 30  # candidates
MOST_PLACEMENTS = 100
WAITS = "It is frozen when its issue begins: when it comes due for the first reader."
FROZEN = "Its issue has begun, so nothing can be changed any more."
TOO_LATE = "Its issue had begun before this was planned: it changes nothing."


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate, as the page of a plan shows it."""

    paper: Paper
    trend: float  # 0..1
    topics: list[str]  # surest first
    act: str  # empty: nothing is planned for it


class UntilFrozen:
    """Put before a ModelAdmin or an inline: what is frozen can be looked at, and no more."""

    def has_change_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        may = super().has_change_permission(request, obj)  # type: ignore[misc]
        return bool(may) and not _is_frozen(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        may = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return bool(may) and not _is_frozen(obj)


class PlacementInline(UntilFrozen, admin.TabularInline):  # type: ignore[type-arg]
    model = Placement
    autocomplete_fields = ["paper"]
    ordering = ["pk"]
    extra = 0
    max_num = MOST_PLACEMENTS

    def has_add_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return super().has_add_permission(request, obj) and not _is_frozen(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        return super().get_queryset(request).select_related("paper")


class PlanForm(ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        super().clean()  # asks for the check that the slot has no plan
        slot = {name: self.cleaned_data.get(name) for name in ("cadence", "on")}
        if all(slot.values()) and Issue.objects.filter(**slot).exists():
            raise ValidationError("This issue has begun: it cannot be planned any more.")
        return self.cleaned_data


class PlanAdmin(UntilFrozen, Recorded):
    form = PlanForm
    fields = ["cadence", "on", "introduction"]
    list_display = ["on", "cadence", "placement_count", "is_introduced", "frozen_at"]
    list_display_links = ["on", "cadence"]
    list_filter = ["cadence"]
    date_hierarchy = "on"
    inlines = [PlacementInline]
    actions = None  # deleting many would not ask which are frozen

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        plans: QuerySet[Plan] = super().get_queryset(request)
        return plans.annotate(count=Count("placements"))

    @admin.display(description="placements")
    def placement_count(self, plan: Plan) -> int:
        return plan.count  # type: ignore[attr-defined,no-any-return]  # annotated above

    @admin.display(boolean=True, description="introduction")
    def is_introduced(self, plan: Plan) -> bool:
        return bool(plan.introduction)

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> list[str]:
        """Another issue is another plan."""
        return ["cadence", "on"] if obj else []

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        with self._held(request, object_id):
            return super().changeform_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        with self._held(request, object_id):
            return super().delete_view(request, object_id, *args)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if plan := context["original"]:
            acts = placing.planned(plan.cadence, plan.on)
            context["state"] = _state(plan)
            context["rows"] = first(plan, acts, at=plan.frozen_at or now())
        return super().render_change_form(request, context, *args, **kwargs)

    @contextmanager
    def _held(self, request: HttpRequest, object_id: str | None) -> Iterator[None]:
        """Before a plan is changed, wait for an issue that may be freezing it, and hold it.

        What follows in this transaction reads what stands then.
        """
        if request.method != "POST" or object_id is None:
            yield
            return
        with transaction.atomic():
            if plan := self.get_object(request, unquote(object_id)):
                Plan.objects.select_for_update(no_key=True).filter(pk=plan.pk).first()
            yield


def first(plan: Plan, acts: placing.Acts, *, at: datetime) -> list[Row]:
    """Return the first candidates that the issue would have at `at`, in their order."""
    pool = candidates.load(plan.cadence, plan.on, at=at, acts=acts)
    ids = pool.paper_ids[:SHOWN].tolist()
    trends = (pool.trends[:SHOWN] / np.int64(units.FULL)).tolist()
    papers = Paper.objects.prefetch_related("assignments__topic").in_bulk(ids)
    return [
        Row(papers[pk], trend, _topics(papers[pk]), acts.get(pk, ""))
        for pk, trend in zip(ids, trends, strict=True)
    ]


def register(site: AdminSite) -> None:
    site.register(Plan, PlanAdmin)


def _topics(paper: Paper) -> list[str]:
    certain = [
        found
        for found in paper.assignments.all()
        if found.strength >= candidates.CERTAIN and found.topic.is_active
    ]
    ordered = sorted(certain, key=lambda found: (-found.strength, found.topic.name))
    return [found.topic.name for found in ordered]


def _is_frozen(plan: Plan | None) -> bool:
    return plan is not None and plan.frozen_at is not None


def _state(plan: Plan) -> str:
    if plan.frozen_at:
        return FROZEN
    counts = Plan.objects.counting(plan.cadence, plan.on).exists()
    return WAITS if counts else TOO_LATE
