"""What people decided about topics, and what training made of it, for the operator."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from papers import corrections, linear, training
from papers.models import Correction, TopicModel
from papers.read_only import ReadOnly
from papers.recorded import Recorded
from papers.tasks import ring_classify, ring_training

UNHEARD = "Redis cannot be reached, so nothing was started."


class CorrectionAdmin(Recorded, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who said what of which paper.  A correction is made where the paper's topics are."""

    list_display = ["made_at", "paper", "topic", "is_about", "by"]
    list_filter = ["is_about", "topic"]
    list_select_related = ["paper", "topic"]
    search_fields = ["paper__title", "paper__arxiv_id__iexact", "by"]
    date_hierarchy = "made_at"
    actions = ["withdraw"]

    def has_correct_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("papers.change_assignment")

    @admin.action(description="Leave it to the rules and the model again", permissions=["correct"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Correction]) -> None:
        chosen = list(queryset.select_related("paper", "topic"))
        for correction in chosen:
            corrections.withdraw(correction.paper, correction.topic)
        messages.success(request, f"Corrections taken back: {len(chosen)}.")


class TopicModelAdmin(Recorded, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Versions of the model, with what each found of the newest papers of its time.

    The figures say how well a version repeats what rules and people are sure of.
    """

    change_list_template = "admin/papers/topicmodel/change_list.html"
    list_display = ["trained_at", "is_active", "papers", "corrections", "own", "shipped"]
    exclude = ["weights"]
    actions = ["use"]

    def has_use_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("papers.change_topicmodel")

    @admin.display(description="precision, recall, F1")
    def own(self, row: TopicModel) -> str:
        return _figures(row, "new")

    @admin.display(description="of the shipped model, on the same papers")
    def shipped(self, row: TopicModel) -> str:
        return _figures(row, "shipped")

    @admin.action(description="Classify with this version from now on", permissions=["use"])
    def use(self, request: HttpRequest, queryset: QuerySet[TopicModel]) -> None:
        if len(rows := list(queryset[:2])) != 1:
            messages.error(request, "Choose one version.")
            return
        try:
            linear.unpack(rows[0].weights)
        except ValueError as error:
            messages.error(request, f"This version cannot be read: {error}.")
            return
        training.use(rows[0])
        _classify_anew(request, f"In use from now on: {rows[0]}.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("shipped/", view(self.use_shipped), name="papers_topicmodel_shipped"),
            path("train/", view(self.train_now), name="papers_topicmodel_train"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "may_use": self.has_use_permission(request),
            "is_own": TopicModel.objects.active().exists(),
            "least": training.LEAST_PAPERS,
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    @method_decorator(require_POST)
    def use_shipped(self, request: HttpRequest) -> HttpResponse:
        """Go back to the model that came with the product."""
        self._check(request)
        training.use(None)
        _classify_anew(request, "In use from now on: the shipped model.")
        return self._back()

    @method_decorator(require_POST)
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Ask a worker to train a version now; it is used if it is no worse than the shipped."""
        self._check(request)
        if ring_training():
            messages.success(request, "A worker was asked to train. It takes up to a minute.")
        else:
            messages.error(request, UNHEARD)
        return self._back()

    def _check(self, request: HttpRequest) -> None:
        if not self.has_use_permission(request):
            raise PermissionDenied

    def _back(self) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:papers_topicmodel_changelist"))


def _figures(row: TopicModel, name: str) -> str:
    found = row.measured.get(name, {})
    return ", ".join(f"{found[key]:.3f}" for key in ("precision", "recall", "f1") if key in found)


def _classify_anew(request: HttpRequest, said: str) -> None:
    messages.success(request, said)
    if not ring_classify():
        messages.warning(request, f"Recent papers keep their topics for now: {UNHEARD}")


def register(site: AdminSite) -> None:
    site.register(Correction, CorrectionAdmin)
    site.register(TopicModel, TopicModelAdmin)
