"""The preferences page with what they would bring, before anything is saved."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from newsletter import outlook
from newsletter.contents import Item
from newsletter.outlook import Wished
from subscriptions import links, preferences_page
from subscriptions.models import Subscriber
from subscriptions.preferences import PreferencesForm
from subscriptions.token_pages import token_page
from subscriptions.tokens import Purpose
from subscriptions.views import path_of

FRAGMENT = "X-Fragment"  # the header by which our script asks for the papers alone


class Preview(NamedTuple):
    """What the page shows beside the form."""

    summary: str
    items: list[Item]
    errors: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
@token_page(Purpose.PREFERENCES)
def preview(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show the form as it was sent, and the digest that it would bring; nothing is stored."""
    if request.method != "POST" or not subscriber.is_deliverable:
        return redirect(path_of(links.preferences(subscriber)))
    form = PreferencesForm.of(subscriber, request.POST)
    found = of(subscriber, form)
    if FRAGMENT in request.headers:
        return render(request, "newsletter/preview.html", {"preview": found})
    return preferences_page.page(request, subscriber, form, preview=found)


def of(subscriber: Subscriber, form: PreferencesForm) -> Preview:
    """Return what a form brings, or why that cannot be said."""
    if not form.is_valid():
        errors = [str(message) for messages in form.errors.values() for message in messages]
        return Preview(_("There is something to put right first."), [], errors)
    weights = {topic.pk: found for topic, found in form.weights().items() if found is not None}
    wished = Wished(weights, form.words(), form.choices())
    items = outlook.items(subscriber, wished, at=now())
    if not items:
        return Preview(_("Nothing new would match. Try more topics or words."), [], [])
    said = ngettext(
        "%(count)s paper, and why.", "%(count)s papers, and why each of them.", len(items)
    )
    return Preview(said % {"count": len(items)}, items, [])
