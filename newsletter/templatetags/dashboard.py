"""Puts the dashboard on the first page of the admin."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context

from newsletter.dashboard import drawing, facts
from subscriptions import clock

register = template.Library()


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard(context: Context) -> dict[str, Any]:
    """All sums, and nobody's name; for whoever may see issues."""
    request: HttpRequest = context["request"]
    if not request.user.has_perm("newsletter.view_issue"):
        return {"standing": None}
    standing = facts.load(at=clock.database_now())
    return {
        "standing": standing,
        "waiting_issues": facts.waiting_issues(),
        "charts": [
            ("Readers", "readers", drawing.readers(standing.readers)),
            ("Mails of each day", "mails", drawing.deliveries(standing.balances)),
            ("What came back", "back", drawing.complaints(standing.balances)),
        ],
    }
