"""One page of many, and the way to its neighbours."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST = 200  # pages; whoever wants more narrows it down


class Countless(Paginator):  # type: ignore[type-arg]
    """Counts no further than to the last page that is shown."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: self.per_page * MOST].count()


def page_of(request: HttpRequest, rows: QuerySet[Any], *, size: int) -> Page[Any]:
    """The page that `?page=` asks for; what is no number is the first, what is too far the last."""
    return Countless(rows, size).get_page(request.GET.get("page"))


def query_without(request: HttpRequest, *names: str) -> str:
    """The other parameters, to be followed by one of `names`: "" or "q=robots&"."""
    kept = [(name, value) for name, value in request.GET.items() if name not in names]
    return f"{urlencode(kept)}&" if kept else ""
