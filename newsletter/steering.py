"""How operators steer an issue in the admin: pause it, resume it, cancel it, watch it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from newsletter import gate, invariants, progress, readiness, tasks
from newsletter.models import Delivery, Issue
from newsletter.progress import Snapshot
from subscriptions import heartbeats, restore
from subscriptions.verdicts import State

PAUSED = "an operator paused it"
CANCELLED = "an operator cancelled it"
REFRESH = 5  # seconds
SPAN = timedelta(seconds=60)  # a rate is measured over this at most
TROUBLE = (State.DEFERRED, State.UNCERTAIN, State.PARKED, State.REJECTED, State.FAILED)
REASONS_SHOWN = 20


def may_send_now(request: HttpRequest) -> bool:
    """Whether this database may send at all; who asked is told if not."""
    if restore.may_send_by_hand():
        return True
    messages.error(request, restore.FROZEN)
    return False


class Steering(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mixed into the admin of issues; actions call what `manage.py send_issue` calls."""

    actions = ["pause", "check_again", "resume", "cancel"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", view(self.progress), name="newsletter_issue_progress"),
            path("health/", view(self.health), name="newsletter_issue_health"),
            *super().get_urls(),
        ]

    @admin.action(description="Pause: send no more for now", permissions=["send"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Issue]) -> None:
        done = sum([issue.pause(PAUSED) for issue in queryset])
        messages.success(request, f"{done} issues are paused.")

    @admin.action(description="Check again: go on if it is right now", permissions=["send"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[Issue]) -> None:
        if not may_send_now(request):
            return
        done = sum([gate.check_again(issue) for issue in queryset])
        tasks.ring_pump()
        messages.success(request, f"{done} issues are checked again.")

    @admin.action(description="Resume: go on sending as it is", permissions=["send"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Issue]) -> None:
        if not may_send_now(request):
            return
        done = sum([issue.resume() for issue in queryset])
        tasks.ring_pump()
        messages.success(request, f"{done} issues go on.")

    @admin.action(description="Cancel: never send the rest", permissions=["send"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Issue]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            return self._ask(request, queryset)
        done = sum([issue.cancel(CANCELLED) for issue in queryset])
        messages.success(request, f"{done} issues are cancelled.")
        return None

    @admin.display(description="progress")
    def progress_link(self, issue: Issue) -> SafeString:
        page = reverse("admin:newsletter_issue_progress", args=[issue.pk])
        return format_html('<a href="{}">{}</a>', page, issue.state)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far one issue is; the page looks again by itself, and needs no script."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        issue = get_object_or_404(Issue, pk=pk)
        after = progress.take(issue)
        before = _earlier(request, after)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Progress of {issue}",
            "issue": issue,
            "line": progress.line(before, after),
            "done": after.done,
            "total": after.total,
            "imbalance": issue.expected_count - after.total,
            "reasons": _reasons(issue),
            "seconds": REFRESH,
            "next": _query(before or after),
            "opts": self.opts,
        }
        return render(request, "admin/newsletter/issue/progress.html", context)

    def health(self, request: HttpRequest) -> HttpResponse:
        """What is wrong now, and whether the ledger holds what it must."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        facts = readiness.look()
        context = {
            **self.admin_site.each_context(request),
            "title": "Health",
            "complaints": readiness.complaints(facts),
            "facts": facts.report(),
            "ages": sorted(heartbeats.ages().items()),
            "findings": invariants.check(),
            "opts": self.opts,
        }
        return render(request, "admin/newsletter/issue/health.html", context)

    def _ask(self, request: HttpRequest, issues: QuerySet[Issue]) -> HttpResponse:
        waiting = Delivery.objects.filter(
            issue__in=issues, state__in=(State.PENDING, State.DEFERRED)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": "Cancel issues?",
            "issues": issues,
            "waiting": waiting.count(),
            "action_name": ACTION_CHECKBOX_NAME,
            "opts": self.opts,
        }
        return render(request, "admin/newsletter/issue/cancel.html", context)


def _earlier(request: HttpRequest, after: Snapshot) -> Snapshot | None:
    """What the page saw up to a minute ago, as it wrote into its own address."""
    try:
        at = datetime.fromisoformat(request.GET["at"])
        done = int(request.GET["done"])
        is_recent = timedelta(0) < after.at - at <= SPAN
    except (KeyError, ValueError, TypeError):  # TypeError: a moment without a time zone
        return None
    return Snapshot(at, {State.ACCEPTED: done}) if is_recent else None


def _query(snapshot: Snapshot) -> str:
    return urlencode({"at": snapshot.at.isoformat(), "done": str(snapshot.done)})


def _reasons(issue: Issue) -> Sequence[Mapping[str, Any]]:
    """Why deliveries did not go out, most frequent first."""
    rows = issue.deliveries.filter(state__in=TROUBLE).order_by().values("state", "error")
    return list(rows.annotate(count=Count("pk")).order_by("-count", "state")[:REASONS_SHOWN])
