"""How editors change topics in the admin: see what it moves, then save, merge or split."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.timezone import now

from papers import curating, following
from papers.models import Topic
from papers.own_pages import laid_out, show
from papers.tasks import ring_classify

PREVIEW = "_preview"  # the name of the button
MOVING = {*curating.SIGNS, "is_active"}  # fields that decide which papers a topic gets


class TopicForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that is not done while only a preview was asked for."""

    def is_valid(self) -> bool:
        return super().is_valid() and PREVIEW not in self.data


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Topic.objects.none(), label="Merge into", help_text="Gets their papers and readers."
    )
    with_signs = forms.BooleanField(
        label="Take over phrases and categories",
        required=False,
        initial=True,
        help_text="But not what excludes papers: it could take away those that are there.",
    )

    def __init__(self, *args: Any, topics: Collection[Topic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = topics
        others = Topic.objects.active().exclude(pk__in=[topic.pk for topic in topics])
        self.fields["into"].queryset = others  # type: ignore[attr-defined]

    def edited(self) -> list[Topic]:
        """All topics as they would be; nothing is saved."""
        into = self.cleaned_data["into"]
        for topic in self.topics:
            topic.is_active = False
            if self.cleaned_data["with_signs"]:
                curating.join_signs(topic, into=into)
        return [into, *self.topics]


class SplitForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name of the new topic")
    slug = forms.SlugField(max_length=50, help_text="Short, for addresses and files.")
    description = forms.CharField(max_length=300, required=False)
    include = forms.MultipleChoiceField(
        label="Phrases that go over", widget=forms.CheckboxSelectMultiple, required=False
    )
    categories = forms.MultipleChoiceField(
        label="Categories that go over", widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic = topic
        for name in ("include", "categories"):
            lines = [line.strip() for line in getattr(topic, name).splitlines() if line.strip()]
            self.fields[name].choices = [(line, line) for line in lines]  # type: ignore[attr-defined]
            if not lines:
                del self.fields[name]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if Topic.objects.filter(slug=slug).exists():
            raise forms.ValidationError("Another topic has this short name.")
        return slug

    def clean(self) -> None:
        if not self.cleaned_data.get("include") and not self.cleaned_data.get("categories"):
            raise forms.ValidationError("Choose at least one phrase or category that goes over.")

    def edited(self) -> list[Topic]:
        """The topic and its part as they would be; nothing is saved."""
        taken = {name: self.cleaned_data.get(name, []) for name in ("include", "categories")}
        words = {name: self.cleaned_data[name] for name in ("name", "slug", "description")}
        return [self.topic, curating.part_of(self.topic, taken=taken, **words)]


class TopicPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mixed into the admin of topics."""

    form = TopicForm
    readonly_fields = ["readers", "merged_into"]
    actions = ["merge_into"]

    @admin.display(description="readers who follow it")
    def readers(self, topic: Topic) -> str:
        return f"{following.count(topic):,}" if topic.pk else "-"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("merge/", view(self.merge), name="papers_topic_merge"),
            path("<int:pk>/split/", view(self.split), name="papers_topic_split"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add what the form's values would move, if that was asked for and they are valid."""
        form = context["adminform"].form
        if PREVIEW in request.POST and form.is_bound and not form.errors:
            context |= _moved([form.instance])
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        """Save, and have recent papers classified again if it moves any."""
        if obj.is_active:
            obj.merged_into = None
        super().save_model(request, obj, form, change)
        if not change or MOVING & set(form.changed_data):
            _classify_after_commit(request)
        if change and "is_active" in form.changed_data and not obj.is_active:
            messages.info(request, f"{following.count(obj):,} readers followed {obj}.")

    @admin.action(description="Merge into another topic…", permissions=["change"])
    def merge_into(self, request: HttpRequest, queryset: QuerySet[Topic]) -> HttpResponse:
        chosen = urlencode({"topic": list(queryset.values_list("pk", flat=True))}, doseq=True)
        return HttpResponseRedirect(f"{reverse('admin:papers_topic_merge')}?{chosen}")

    def merge(self, request: HttpRequest) -> HttpResponse:
        """Choose where the papers and readers of some topics go."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        topics = list(Topic.objects.filter(pk__in=_numbers(request.GET.getlist("topic"))))
        if not topics:
            raise Http404("no such topic")
        form = MergeForm(request.POST or None, topics=topics)
        if form.is_valid() and PREVIEW not in request.POST:
            return self._merge(request, topics, **form.cleaned_data)
        moved = _moved(form.edited()) if form.is_bound and form.is_valid() else {}
        return show(
            self, request, "topic/merge.html",
            title=f"Merge {', '.join(topic.name for topic in topics)}", adminform=laid_out(form),
            rows=[(topic, topic.assignments.count(), following.count(topic)) for topic in topics],
            **moved,
        )  # fmt: skip

    def _merge(
        self, request: HttpRequest, topics: list[Topic], *, into: Topic, with_signs: bool
    ) -> HttpResponse:
        for topic in topics:
            moved = curating.merge(topic, into=into, with_signs=with_signs)
            self.log_change(request, topic, f"Merged into {into}.")
            messages.success(request, f"{topic} went into {into}, with {moved:,} more readers.")
        self.log_change(request, into, f"Took over {', '.join(map(str, topics))}.")
        _classify_after_commit(request)
        return HttpResponseRedirect(reverse("admin:papers_topic_change", args=[into.pk]))

    def split(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose what goes over to a new topic; readers follow both."""
        if not (self.has_change_permission(request) and self.has_add_permission(request)):
            raise PermissionDenied
        topic = get_object_or_404(Topic, pk=pk)
        form = SplitForm(request.POST or None, topic=topic)
        if form.is_valid() and PREVIEW not in request.POST:
            return self._split(request, *form.edited())
        moved = _moved(form.edited()) if form.is_bound and form.is_valid() else {}
        return show(
            self, request, "topic/split.html",
            title=f"Split {topic}", original=topic, adminform=laid_out(form),
            readers=following.count(topic), **moved,
        )  # fmt: skip

    def _split(self, request: HttpRequest, topic: Topic, part: Topic) -> HttpResponse:
        readers = curating.split(topic, part)
        self.log_change(request, topic, f"Split; a part of it is {part}.")
        self.log_addition(request, part, f"Split from {topic}.")
        messages.success(request, f"{part} is new, and {readers:,} readers have it like {topic}.")
        _classify_after_commit(request)
        return HttpResponseRedirect(reverse("admin:papers_topic_change", args=[part.pk]))


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _moved(edited: list[Topic]) -> dict[str, Any]:
    """What the template of effects shows."""
    leaving = [topic for topic in edited if topic.pk and not topic.is_active]
    return {
        "preview": curating.preview(edited, at=now()),
        "losing": [(topic, following.count(topic)) for topic in leaving],
    }


def _classify_after_commit(request: HttpRequest) -> None:
    """Ask a worker, once for each request."""

    def ask() -> None:
        if ring_classify():
            messages.info(request, "A worker was asked to classify the papers of 30 days again.")
        else:
            messages.error(request, "Redis cannot be reached: classify recent papers again later.")

    if not getattr(request, "is_classifying", False):
        request.is_classifying = True  # type: ignore[attr-defined]
        transaction.on_commit(ask)
