"""The operator's view of papers, of what they are about, and of how reading sources went."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, URLField
from django.forms import BaseModelFormSet, ModelForm, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.views.decorators.http import require_POST

from papers import charts, classify, corrections, learned, rounds, scoring, sources
from papers.adding import Adding
from papers.curating import RECENT
from papers.models import Assignment, Host, Ingestion, Observation, Paper, Refusal, Topic
from papers.read_only import ReadOnly
from papers.recorded import Recorded
from papers.sources import fields
from papers.tasks import ring_source
from papers.text import title_key
from papers.topic_pages import TopicPages
from papers.uploading import Uploading

learned.register(admin.site)


class AssignmentInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Assignment
    fields = ["topic", "strength", "reason", "is_by_hand"]
    autocomplete_fields = ["topic"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return super().get_queryset(request).select_related("topic")


class ObservationInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Observation
    fields = ["source", "seen_at", "listed_on", "votes", "comments", "stars"]
    ordering = ["-seen_at"]


class RefusalInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Refusal
    fields = ["place", "reason", "excerpt"]


class PaperForm(ModelForm):  # type: ignore[type-arg]
    """Keeps the promises on which ingestion relies."""

    def clean_authors(self) -> list[str]:
        return _strings(self.cleaned_data["authors"])

    def clean_categories(self) -> list[str]:
        return _strings(self.cleaned_data["categories"])

    def clean_arxiv_id(self) -> str | None:
        """An id without its version, or none."""
        given = (self.cleaned_data["arxiv_id"] or "").strip()
        if given and fields.arxiv_id(given) != given:
            raise ValidationError("Write the id without a version, such as 2603.01234.")
        return given or None

    def clean(self) -> dict[str, Any]:
        super().clean()  # asks for the check that no other paper has this id
        for name in {"title", "abstract"} & set(self.changed_data):
            setattr(self.instance, f"source_{name}", "")  # what an operator writes is the source
        self.instance.title_key = title_key(self.cleaned_data.get("title", ""))
        same = Paper.objects.filter(title_key=self.instance.title_key, arxiv_id=None)
        if not self.cleaned_data.get("arxiv_id") and same.exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another paper without an arXiv id has this title.")
        return self.cleaned_data


class DoubtedFilter(admin.SimpleListFilter):
    """Papers some of whose votes came too fast to be believed: somebody should look at them."""

    title = "doubted votes"
    parameter_name = "doubted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Some")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Paper]) -> QuerySet[Paper]:
        return queryset.filter(doubted_votes__gt=0) if self.value() else queryset


@admin.register(Paper)
class PaperAdmin(Recorded, Uploading, Adding, admin.ModelAdmin):  # type: ignore[type-arg]
    form = PaperForm
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    list_display = [
        "title", "topic_names", "listed_on", "votes", "doubted_votes", "comments", "trend",
        "stands",
    ]  # fmt: skip
    list_filter = [
        "listed_on", DoubtedFilter, "topics", "assignments__is_by_hand",
        ("withdrawn_on", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    search_fields = ["title", "arxiv_id"]
    date_hierarchy = "listed_on"
    readonly_fields = [
        "version", "first_seen_at", "votes", "doubted_votes", "vouched_at", "own_votes",
        "expected_votes", "comments", "stars", "trend_score",
    ]  # fmt: skip
    inlines = [AssignmentInline, ObservationInline]
    actions = ["classify_again", "score_again", "vouch"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        return super().get_queryset(request).prefetch_related("assignments__topic")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_ingest = {"may_ingest": _may_ingest(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may_ingest})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if paper := context["original"]:
            context["chart"] = charts.line_chart(paper.observations.by_source())
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(ordering="trend_score")
    def trend(self, paper: Paper) -> str:
        return f"{paper.trend_score:.2f}"

    @admin.display(boolean=True)
    def stands(self, paper: Paper) -> bool:
        """False once it was withdrawn."""
        return not paper.is_withdrawn

    @admin.display(description="topics")
    def topic_names(self, paper: Paper) -> str:
        return ", ".join(assignment.topic.name for assignment in paper.assignments.all())

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, Any], change: bool
    ) -> None:
        """What an operator assigns, changes or takes away stays so, and is learned from."""
        for row in formset.forms:
            if isinstance(row.instance, Assignment) and "is_by_hand" not in row.changed_data:
                row.instance.is_by_hand |= row.has_changed()
        super().save_formset(request, form, formset, change)
        if formset.model is Assignment:
            by, at = request.user.get_username(), now()
            decided = [(row, False) for row in formset.deleted_objects]
            decided += [(row, True) for row in formset.new_objects if row.is_by_hand]
            for row, is_about in decided:
                corrections.correct(row.paper, row.topic, is_about=is_about, by=by, at=at)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A paper that is new, or says something new, gets its topics at once."""
        super().save_related(request, form, formsets, change)
        if {"title", "abstract"} & set(form.changed_data):
            classify.classify_papers({form.instance.pk})

    @admin.action(description="Classify again", permissions=["change"])
    def classify_again(self, request: HttpRequest, queryset: QuerySet[Paper]) -> None:
        _classify(request, queryset)

    @admin.action(description="Score their lists again", permissions=["change"])
    def score_again(self, request: HttpRequest, queryset: QuerySet[Paper]) -> None:
        _score(request, queryset)

    @admin.action(description="Their votes up to now are genuine", permissions=["change"])
    def vouch(self, request: HttpRequest, queryset: QuerySet[Paper]) -> None:
        queryset.update(vouched_at=now())
        _score(request, queryset)


@admin.register(Topic)
class TopicAdmin(Recorded, TopicPages):
    list_display = ["name", "slug", "position", "is_active", "recent_papers"]
    list_filter = ["is_active"]
    list_editable = ["position"]  # who retires a topic shall see first what that moves
    search_fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}
    actions = ["merge_into", "classify_recent"]
    ordering = ["position", "name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        when = now() - RECENT
        recent = Q(assignments__paper__listed_on__gte=when.date()) | Q(
            assignments__paper__first_seen_at__gte=when
        )
        topics: QuerySet[Topic] = super().get_queryset(request)
        return topics.annotate(paper_count=Count("assignments", filter=recent))

    @admin.display(description="papers in 30 days", ordering="paper_count")
    def recent_papers(self, topic: Topic) -> int:
        return topic.paper_count  # type: ignore[attr-defined,no-any-return]  # annotated above

    @admin.action(
        description="Classify the papers of the last 30 days again", permissions=["change"]
    )
    def classify_recent(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        """For all topics, because a phrase of one can take a paper from another."""
        _classify(request, Paper.objects.alive_since(now() - RECENT))


@admin.register(Ingestion)
class IngestionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = [
        "source", "started_at", "created", "updated", "unchanged", "refused", "error",
        "finished_at",
    ]  # fmt: skip
    list_filter = ["source", ("error", admin.EmptyFieldListFilter)]
    search_fields = ["place", "error", "refusals__reason"]
    date_hierarchy = "started_at"
    inlines = [RefusalInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ingestion]:
        ingestions: QuerySet[Ingestion] = super().get_queryset(request)
        return ingestions.annotate(refusal_count=Count("refusals"))

    @admin.display(ordering="refusal_count")
    def refused(self, ingestion: Ingestion) -> int:
        return ingestion.refusal_count  # type: ignore[attr-defined,no-any-return]

    def get_urls(self) -> list[URLPattern]:
        ingest_now = self.admin_site.admin_view(self.ingest_now)
        own = path("ingest-now/<slug:source>/", ingest_now, name="papers_ingestion_ingest_now")
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "sources": settings.PAPER_SOURCES if _may_ingest(request) else [],
            "healths": rounds.look(at=now()),
        }
        return super().changelist_view(request, context)

    @method_decorator(require_POST)
    def ingest_now(self, request: HttpRequest, source: str) -> HttpResponse:
        """Ask a worker to read one source now."""
        if not _may_ingest(request):
            raise PermissionDenied
        if source not in settings.PAPER_SOURCES or source not in sources.REGISTRY:
            raise Http404(f"{source} is not configured")

        if ring_source(source):
            messages.success(request, f"A worker was asked to read {source}.")
        else:
            messages.error(request, "Redis cannot be reached, so nothing was started.")
        return HttpResponseRedirect(reverse("admin:papers_ingestion_changelist"))


@admin.register(Host)
class HostAdmin(Recorded, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "paused_until", "paused_since", "strikes", "why"]
    actions = ["end_pause"]

    def has_ingest_permission(self, request: HttpRequest) -> bool:
        return _may_ingest(request)

    @admin.action(description="Ask it again from now on", permissions=["ingest"])
    def end_pause(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        """For who knows better than the service; needs the right to start readings."""
        count = queryset.filter(paused_until__gt=now()).update(paused_until=now())
        messages.success(request, f"Hosts that may be asked again: {count}.")


def _strings(value: object) -> list[str]:
    """Accept a JSON list of strings; nothing is an empty list."""
    if value in (None, ""):
        return []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise ValidationError('Write a list of texts, such as ["One", "Two"].')


def _may_ingest(request: HttpRequest) -> bool:
    return request.user.has_perm("papers.add_ingestion")


def _score(request: HttpRequest, papers: QuerySet[Paper]) -> None:
    dates = set(papers.exclude(listed_on=None).values_list("listed_on", flat=True))
    count = scoring.score_lists(day for day in dates if day)
    messages.success(request, f"{count} papers on {len(dates)} lists scored.")


def _classify(request: HttpRequest, papers: QuerySet[Paper]) -> None:
    paper_ids = set(papers.values_list("pk", flat=True))
    changes = classify.classify_papers(paper_ids)
    messages.success(request, f"{len(paper_ids)} papers classified, {changes} topics changed.")
