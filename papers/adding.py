"""How operators add papers by their arXiv ids in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.timezone import now

from papers import ingest
from papers.models import Paper
from papers.own_pages import laid_out, show
from papers.sources import Item, PaperRecord, SourceError, fields, plain
from papers.sources.arxiv import query
from papers.uploading import report

MOST_IDS = 50


class IdsForm(forms.Form):
    ids = forms.CharField(
        label="arXiv ids",
        max_length=5_000,
        widget=AdminTextareaWidget,
        help_text=f"Ids or addresses of papers at arXiv, at most {MOST_IDS}, such as 2603.01234.",
    )

    def clean_ids(self) -> list[str]:
        """The ids, each once, in the order given."""
        words = self.cleaned_data["ids"].replace(",", " ").replace(";", " ").split()
        try:
            ids = list(dict.fromkeys(plain.arxiv_id(word) for word in words))
        except fields.BadField as error:
            raise forms.ValidationError(f"{str(error).removeprefix('its ')}.") from error
        if len(ids) > MOST_IDS:
            raise forms.ValidationError(f"These are {len(ids)} ids; {MOST_IDS} are the most.")
        return ids


class Adding(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mixed into the admin of papers."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.add_by_id)
        return [path("by-arxiv-id/", view, name="papers_paper_add_by_id"), *super().get_urls()]

    def add_by_id(self, request: HttpRequest) -> HttpResponse:
        """Ask arXiv for papers, and store what it says of them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = IdsForm(request.POST or None)
        if form.is_valid():
            return self._add(request, form.cleaned_data["ids"])
        return show(
            self, request, "paper/add_by_id.html",
            title="Add by arXiv id", adminform=laid_out(form),
        )  # fmt: skip

    def _add(self, request: HttpRequest, ids: list[str]) -> HttpResponse:
        try:
            ingestion = ingest.take_in("arxiv", _added(ids), place="added by id", at=now())
        except SourceError as error:
            return self._fall_back(request, ids, reason=str(error))
        report(request, ingestion)
        for refusal in ingestion.refusals.all():
            messages.warning(request, str(refusal))
        self.log_addition(request, ingestion, f"Asked arXiv for {', '.join(ids)}.")
        return HttpResponseRedirect(reverse("admin:papers_paper_changelist"))

    def _fall_back(self, request: HttpRequest, ids: list[str], *, reason: str) -> HttpResponse:
        """Let the first paper that is not there yet be typed in."""
        known = set(Paper.objects.filter(arxiv_id__in=ids).values_list("arxiv_id", flat=True))
        missing = [identifier for identifier in ids if identifier not in known]
        messages.warning(request, f"arXiv could not be asked: {reason}")
        if not missing:
            return HttpResponseRedirect(reverse("admin:papers_paper_changelist"))
        messages.info(request, f"Not here yet: {', '.join(missing)}. You can type a paper in.")
        query = urlencode({"arxiv_id": missing[0]})
        return HttpResponseRedirect(f"{reverse('admin:papers_paper_add')}?{query}")


def _added(ids: list[str]) -> Iterator[Item]:
    """Look up the papers; they are stored also if nobody listed them."""
    for item in query.lookup(ids):
        yield replace(item, is_update=False) if isinstance(item, PaperRecord) else item
