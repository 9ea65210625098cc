"""The operator's view of readers.  Whatever a reader agreed to can be read, never written."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.timezone import now

from papers.read_only import ReadOnly
from papers.recorded import Recorded
from subscriptions import optin
from subscriptions.fields import TIME_ZONES
from subscriptions.models import (
    Brake,
    Consent,
    Farewell,
    Interest,
    Letter,
    Subscriber,
    Suppression,
)
from subscriptions.tasks import ring_letters


class RecordInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """Rows whose text names their reader, without a query each."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("subscriber")


class InterestInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Interest
    autocomplete_fields = ["topic"]
    extra = 0


class ConsentInline(RecordInline):
    model = Consent
    fields = ["act", "at", "wording_id", "ip", "page"]


class LetterInline(RecordInline):
    model = Letter
    fields = ["kind", "state", "created_at", "attempts", "finished_at", "error"]
    readonly_fields = ["created_at"]


class SubscriberForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only time zones that exist."""

    time_zone = forms.ChoiceField(choices=[(zone, zone) for zone in TIME_ZONES])

    class Meta:
        model = Subscriber
        fields = ["cadence", "weekday", "hour", "time_zone", "length"]


@admin.register(Subscriber)
class SubscriberAdmin(Recorded, admin.ModelAdmin):  # type: ignore[type-arg]
    """Readers: preferences may be changed for them; address and state are theirs alone."""

    form = SubscriberForm
    list_display = ["email", "state", "cadence", "topic_count", "next_digest_at", "created_at"]
    list_filter = ["state", "cadence"]
    search_fields = ["email"]
    date_hierarchy = "created_at"
    readonly_fields = [
        "email", "state", "state_changed_at", "created_at", "next_digest_at",
        "public_id", "token_version",
    ]  # fmt: skip
    fields = [
        "email", ("state", "state_changed_at"), "created_at", ("cadence", "weekday"),
        ("hour", "time_zone"), "length", "next_digest_at", ("public_id", "token_version"),
    ]  # fmt: skip
    inlines = [InterestInline, ConsentInline, LetterInline]
    actions = ["suppress", "send_confirmation_again", "revoke_links"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        readers: QuerySet[Subscriber] = super().get_queryset(request)
        return readers.annotate(topic_count=Count("interests"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # only the owner of an address can agree to mail

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Erasing a reader erases the records of him, which nobody may delete one by one."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> Any:
        """Keep who erased a reader, and not whom: the log would keep the address for ever."""
        log = super().log_deletions(request, queryset)
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Subscriber),
            object_id__in=[str(subscriber.pk) for subscriber in queryset],
        )
        entries.update(object_repr="an erased reader")
        return log

    def save_model(self, request: Any, obj: Subscriber, form: Any, change: bool) -> None:
        """Not the whole row: the reader may have left meanwhile."""
        changes = {field: form.cleaned_data[field] for field in form.changed_data}
        optin.amend(obj, changes, at=now())

    @admin.display(description="topics", ordering="topic_count")
    def topic_count(self, subscriber: Subscriber) -> int:
        return subscriber.topic_count  # type: ignore[attr-defined,no-any-return]  # annotated

    @admin.action(description="Never write to these addresses again", permissions=["change"])
    @method_decorator(transaction.atomic)
    def suppress(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        chosen = Subscriber.objects.filter(pk__in=queryset.values("pk")).order_by("pk")
        readers = list(chosen.select_for_update())
        for subscriber in readers:
            subscriber.suppress(at=now(), reason=f"by {request.user}")
        messages.success(request, f"{len(readers)} addresses suppressed.")

    @admin.action(description="Revoke all links", permissions=["change"])
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Also those for leaving; the next mail brings new ones."""
        chosen = Subscriber.objects.filter(pk__in=queryset.values("pk"))
        count = chosen.update(token_version=F("token_version") + 1)
        messages.success(request, f"All links of {count} readers revoked.")

    @admin.action(description="Send the confirmation again", permissions=["change"])
    def send_confirmation_again(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        at = now()
        sent = sum(optin.remind(subscriber, at=at) for subscriber in queryset)
        transaction.on_commit(ring_letters)
        left_out = len(queryset) - sent
        messages.success(request, f"{sent} confirmations sent, {left_out} readers left out.")


@admin.register(Consent)
class ConsentAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["at", "subscriber", "act", "wording_id", "ip", "network", "page"]
    list_filter = ["act"]
    list_select_related = ["subscriber"]
    search_fields = ["subscriber__email"]
    date_hierarchy = "at"


@admin.register(Letter)
class LetterAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["created_at", "subscriber", "kind", "state", "attempts", "finished_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["subscriber"]
    search_fields = ["subscriber__email"]
    date_hierarchy = "created_at"


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["address_hash", "at", "reason"]
    search_fields = ["address_hash"]
    date_hierarchy = "at"


@admin.register(Brake)
class BrakeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Whether sign-ups are slowed down now, and why they were last."""

    list_display = ["reason", "since", "until", "mailed_at", "hourly", "measured_at"]


@admin.register(Farewell)
class FarewellAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Why readers left, as numbers: who said what is nobody's business."""

    change_list_template = "admin/subscriptions/farewell/change_list.html"
    list_display = ["on", "reason"]
    list_display_links = None
    list_filter = ["reason"]
    date_hierarchy = "on"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list, how often each reason was given among what is listed."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and (context := response.context_data):
            listed = context["cl"].get_queryset(request).order_by().values_list("reason")
            counts = dict(listed.annotate(n=Count("pk")))
            context["counts"] = [
                (reason.label, counts.get(reason.value, 0)) for reason in Farewell.Reason
            ]
        return response
