"""The operator's view of issues and their deliveries.  Actions call what the tasks call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from newsletter import compose, dead_letters, desk, issues, plan_pages, rehearsal_page, tasks
from newsletter.models import Delivery, Event, Issue
from newsletter.staff import people, trail
from newsletter.steering import Steering, may_send_now
from papers.models import Topic
from papers.read_only import ReadOnly
from papers.recorded import Recorded
from subscriptions import clock, mail
from subscriptions.composing import NotToBeSent

dead_letters.register(admin.site)
rehearsal_page.register(admin.site)
people.register(admin.site)
plan_pages.register(admin.site)
trail.register(admin.site)


class LedgerAdmin(Recorded, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the ledger writes; who may change deliveries may use the actions."""

    def has_send_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("newsletter.change_delivery"))


class PersonaForm(forms.Form):
    """Somebody to preview a digest for."""

    topics = forms.ModelMultipleChoiceField(
        Topic.objects.active(), widget=forms.CheckboxSelectMultiple
    )
    cadence = forms.ChoiceField(choices=Issue.Cadence)
    length = forms.IntegerField(min_value=1, max_value=30, initial=7)


@admin.register(Issue)
class IssueAdmin(Steering, LedgerAdmin):
    list_display = [
        *("on", "cadence", "progress_link", "is_balanced", "expected_count", "by_state"),
        "opened_at",
    ]
    list_filter = ["cadence", "state"]
    list_select_related = ["balance"]
    date_hierarchy = "on"

    @admin.display(description="deliveries")
    def by_state(self, issue: Issue) -> str:
        """As last counted: a minute ago while it goes out."""
        counts = issue.balance.by_state if hasattr(issue, "balance") else []
        return ", ".join(f"{count:,} {state}" for state, count in counts)

    @admin.display(boolean=True, description="balanced")
    def is_balanced(self, issue: Issue) -> bool | None:
        """None: nobody has counted yet."""
        return bool(issue.balance.difference == 0) if hasattr(issue, "balance") else None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("open-now/", view(self.open_now), name="newsletter_issue_open_now"),
            path("preview/", view(self.preview), name="newsletter_issue_preview"),
            path(
                "preview/mail/",
                view(xframe_options_sameorigin(self.preview_mail)),
                name="newsletter_issue_preview_mail",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_send = {"may_send": self.has_send_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may_send})

    @method_decorator(require_POST)
    def open_now(self, request: HttpRequest) -> HttpResponse:
        """Open what is due now, without waiting for beat."""
        if not self.has_send_permission(request):
            raise PermissionDenied
        if may_send_now(request):
            written = issues.open_due(at=clock.database_now())
            tasks.ring_pump()
            trail.note(request, Issue, f"Opened what was due: {written} readers.")
            messages.success(request, f"{written} readers were due; their digests are on the way.")
        return HttpResponseRedirect(reverse("admin:newsletter_issue_changelist"))

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Choose a persona, and see the digest that it would get now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PersonaForm(request.GET or None)
        context = {
            **self.admin_site.each_context(request),
            "title": "Preview a digest",
            "form": form,
            "query": request.GET.urlencode() if form.is_valid() else "",
            "opts": self.opts,
        }
        return render(request, "admin/newsletter/issue/preview.html", context)

    def preview_mail(self, request: HttpRequest) -> HttpResponse:
        """The mail of the preview, alone, in a sandbox."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PersonaForm(request.GET)
        if not form.is_valid():
            return HttpResponse("This persona is not complete.", status=400)
        wishes = form.cleaned_data
        delivery = desk.draft(
            wishes["topics"], cadence=wishes["cadence"], length=wishes["length"], at=now()
        )
        return _mail_page(delivery)


@admin.register(Delivery)
class DeliveryAdmin(LedgerAdmin):
    list_display = ["subscriber", "state", "error", "issue", "papers", "attempts", "finished_at"]
    list_filter = ["state", "issue__cadence", "issue__on"]
    list_select_related = ["issue", "subscriber"]
    search_fields = ["subscriber__email__iexact", "provider_id", "public_id"]
    actions = ["it_arrived", "send_again", "send_test_to_me"]

    readonly_fields = ["message_id", "what_became_of_it"]

    @admin.display(description="Message-ID")
    def message_id(self, delivery: Delivery) -> str:
        """What the log of the mail service has, whether or not it answered."""
        return mail.message_id_of(delivery.public_id)

    @admin.display
    def what_became_of_it(self, delivery: Delivery) -> str:
        """By all that the mail service told after it had taken it."""
        kind = Event.objects.outcome(delivery)
        return "nothing was told yet" if kind is None else kind.name.lower()

    @admin.display
    def papers(self, delivery: Delivery) -> int:
        return len(delivery.picks)

    def get_urls(self) -> list[URLPattern]:
        mail = self.admin_site.admin_view(xframe_options_sameorigin(self.mail))
        return [path("<int:pk>/mail/", mail, name="newsletter_delivery_mail"), *super().get_urls()]

    def mail(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The digest as the reader's mail program shows it, with links that lead nowhere."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _mail_page(get_object_or_404(Delivery.objects.with_contents(), pk=pk))

    @admin.action(description="It arrived: count as sent", permissions=["send"])
    def it_arrived(self, request: HttpRequest, queryset: Any) -> None:
        messages.success(request, f"{queryset.settle()} deliveries count as sent.")

    @admin.action(description="It did not arrive: send again", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        if may_send_now(request):
            messages.success(request, f"{queryset.send_again()} deliveries are sent again.")
            tasks.ring_pump()

    @admin.action(description="Send a test of it to me", permissions=["send"])
    def send_test_to_me(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        address = getattr(request.user, "email", "")
        if not address:
            messages.error(request, "Your staff account has no address to send a test to.")
            return
        if not may_send_now(request):
            return
        for result in desk.send_tests(queryset[:5], to=address):
            messages.info(request, f"The test to {address}: {result.fate.value}. {result.detail}")


def _mail_page(delivery: Delivery) -> HttpResponse:
    try:
        content = compose.html_of(desk.message(delivery))
    except NotToBeSent as reason:
        content = str(reason)
    response = HttpResponse(content)
    response.headers["Content-Security-Policy"] = desk.PREVIEW_POLICY
    return response
