"""Addresses of public pages, as other machines are told them: whole, and one for each page."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from papers.models import Paper


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def page(name: str, *args: object) -> str:
    """The whole address of a page by its name, whichever host was asked."""
    return absolute(reverse(name, args=args))


def paper_page(paper: Paper) -> str:
    return page("site:paper", paper.key)
