"""Says in the head of a public page what it is."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import RequestContext

from newsletter import sharing

register = template.Library()


@register.inclusion_tag("newsletter/sharing.html", takes_context=True)
def share(context: RequestContext) -> dict[str, Any]:
    """Say nothing for a page that is not found, or not public."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if request is None or match is None:
        return {}
    flat = context.flatten()
    found = sharing.of(match.view_name, match.kwargs, {str(key): flat[key] for key in flat})
    has_description = match.view_name in sharing.FRONT
    return {
        "sharing": found,
        "site_name": flat.get("site_name"),
        "canonical": sharing.canonical(request),
        "has_description": has_description,
    }
