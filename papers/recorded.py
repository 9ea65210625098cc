"""Admin pages whose actions leave a trace of who did what, as Django's own forms do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

IDS_SHOWN = 50


class Recorded(admin.ModelAdmin):  # type: ignore[type-arg]
    """Put before a ModelAdmin: every action that was carried out is in the log, as one line.

    With the ids of the rows, never with names: the log outlives readers who were erased.
    """

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
        is_all = request.POST.get("select_across", "0") != "0"
        count = queryset.count() if is_all else len(ids)  # before it changes what is found
        response: HttpResponse | None = super().response_action(request, queryset, *args, **kwargs)
        # Back to the list: it is done.  Any other answer is a question, or no action at all.
        way = response.url if isinstance(response, HttpResponseRedirect) else ""
        if way == request.get_full_path() and count:
            self._record(request, [] if is_all else ids, count)
        return response

    def _record(self, request: HttpRequest, ids: Sequence[str], count: int) -> None:
        name = _chosen(request)
        if name == "delete_selected":
            return  # Django has a line for each
        shown = f": {', '.join(ids[:IDS_SHOWN])}" if ids else ""
        more = ", …" if len(ids) > IDS_SHOWN else ""
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=f"{count} chosen rows",
            action_flag=CHANGE,
            change_message=f"{name} on {count}{shown}{more}",
        )


def _chosen(request: HttpRequest) -> str:
    """The action above the list, or the one below it, as `index` says."""
    names = request.POST.getlist("action")
    index = request.POST.get("index", "0")
    place = int(index) if index.isdecimal() else 0
    return names[place] if place < len(names) else (names or [""])[0]
