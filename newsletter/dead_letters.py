"""The operator's view of what mail services told us, above all of what nobody could read."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from newsletter import inbox, tasks
from newsletter.models import Alarm, Event, Tally, Webhook
from papers.read_only import ReadOnly
from papers.recorded import Recorded

SHOWN = 20_000  # characters of a body


class WebhookAdmin(Recorded, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Waiting ones are read within seconds; dead ones are for a person to decide about."""

    list_display = ["received_at", "service", "state", "size", "error"]
    list_filter = ["state", "service"]
    date_hierarchy = "received_at"
    fields = ["received_at", "service", "state", "error", "content_type", "headers", "text"]
    readonly_fields = ["text"]
    actions = ["try_again", "ignore"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("newsletter.change_webhook"))

    @admin.display(description="body")
    def text(self, webhook: Webhook) -> str:
        return bytes(webhook.body).decode(errors="replace")[:SHOWN]

    @admin.action(description="Try again to read these", permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        messages.success(request, f"{inbox.retry(queryset)} are read again.")
        tasks.ring_inbox()

    @admin.action(description="Ignore these", permissions=["decide"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        messages.success(request, f"{inbox.ignore(queryset)} are ignored.")


class EventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Found by the mail's id, which is in its Message-ID; a count of all would take too long."""

    list_display = ["at", "kind", "provider", "lane", "is_ours", "entry", "reply"]
    search_fields = ["entry"]
    search_help_text = "The id of a delivery, whole"
    show_full_result_count = False
    ordering = ["-key"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(entry=search_term.strip()), False
        except (ValueError, ValidationError):  # no UUID
            return queryset.none(), False


class TallyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """How often an issue was opened and its links followed, by readers who agreed."""

    list_display = ["issue", "kind", "link", "count"]
    list_filter = ["kind", "issue__on"]
    list_select_related = ["issue", "link"]
    ordering = ["-issue__on", "-count", "pk"]
    search_fields = ["link__url"]


class AlarmAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["at", "issue", "kind", "reason", "mailed_at"]
    list_select_related = ["issue"]


def register(site: AdminSite) -> None:
    site.register(Webhook, WebhookAdmin)
    site.register(Event, EventAdmin)
    site.register(Alarm, AlarmAdmin)
    site.register(Tally, TallyAdmin)
