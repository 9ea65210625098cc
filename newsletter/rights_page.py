"""The pages behind two fresh links: a reader takes all that we know of him, or has it deleted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from newsletter import erasing, exporting
from subscriptions import mail, tokens
from subscriptions.address import mask
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import Purpose

form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@token_page(Purpose.EXPORT)
def export(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show a button on GET; hand out the file on POST."""
    if request.method != "POST":
        context = {"masked_email": mask(subscriber.email), "minutes": tokens.FRESH_MINUTES}
        return render(request, "newsletter/export.html", context)
    at = now()
    name = f"my-data-{at:%Y-%m-%d}.json"
    return StreamingHttpResponse(  # type: ignore[return-value]  # a response all the same
        exporting.write(subscriber, at=at),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@form_page
@token_page(Purpose.ERASE)
def erase(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Say on GET what it means; do it on POST."""
    if request.method == "POST":
        erasing.erase(subscriber, at=now())
        return redirect("newsletter:erased")
    context = {"masked_email": mask(subscriber.email), "operator": mail.operator_address()}
    return render(request, "newsletter/erase.html", context)


@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """Says the same to everybody: whoever was here is not known any more."""
    return render(request, "newsletter/erased.html", {"operator": mail.operator_address()})
