"""Where readers join: the front page, the form alone, and the form inside other sites."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast

from csp.constants import NONE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsletter.foretaste import Wanted, foretaste
from newsletter.ration import Ration
from papers.models import Paper
from subscriptions import entrance, limits, optin
from subscriptions.entrance import Call, Outcome
from subscriptions.forms import EmbeddedForm, JoinForm, WishesForm

DAYS_SHOWN, PAPERS_SHOWN = 7, 12
FORETASTES_A_MINUTE = 120  # for a network; the page asks after each change of the form
# In a frame: the page without our head and foot, and no token, which would set a cookie.
FRAMED = {"base": "subscriptions/framed.html", "csrf_token": ""}
_ration = Ration(FORETASTES_A_MINUTE)

form_page = require_http_methods(["GET", "HEAD", "POST"])
View = Callable[[HttpRequest], HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Go on with GET; 302 leaves the method to the browser."""

    status_code = 303


@form_page
def landing(request: HttpRequest) -> HttpResponse:
    """The front page: the form, and what is trending."""
    at = now()
    papers = Paper.objects.trending(until=at.date(), days=DAYS_SHOWN).with_topics()
    context = {
        "papers": papers[:PAPERS_SHOWN],
        "list_date": Paper.objects.newest_list(until=at.date()),
    }
    return _join(request, "subscriptions/join.html", context, at=at)


@form_page
def subscribe(request: HttpRequest) -> HttpResponse:
    """The form alone, for whoever links to it."""
    return _join(request, "subscriptions/subscribe.html", {}, at=now())


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """What these wishes would bring, as a part of a page; nobody's address is in it."""
    context = _foretaste(request, _wishes(request), at=now())
    return render(request, "newsletter/foretaste.html", context, status=context["status"])


def embeddable(view: View) -> View:
    """Let the sites of EMBED_SITES show the page in a frame."""

    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        sites = settings.EMBED_SITES
        framed = csp_replace({"frame-ancestors": sites or [NONE]})(view)
        response = cast("HttpResponse", framed(request))
        response.xframe_options_exempt = bool(sites)  # or the two headers would disagree
        return response

    return page


@csrf_exempt  # other sites post here; no cookie is read or set, and only a letter is written
@form_page
@embeddable
def embed(request: HttpRequest) -> HttpResponse:
    """The form in a frame of another site, and where the forms of other sites are sent to."""
    if "asked" in request.GET and request.method != "POST":
        hours = {"hours": settings.CONFIRM_HOURS}
        return render(request, "subscriptions/embed_asked.html", hours)
    context = {**FRAMED, "is_embedded": True}
    return _join(request, "subscriptions/embed.html", context, at=now())


def _join(
    request: HttpRequest, template: str, context: dict[str, Any], *, at: datetime
) -> HttpResponse:
    """Take the form, or show it: with what is wrong, or with a foretaste of what was chosen."""
    kind = EmbeddedForm if context.get("is_embedded") else JoinForm
    wishes, outcome = _wishes(request), Outcome.AGAIN
    if request.method == "POST" and "show" not in request.POST:
        form = kind(wishes, at=at)
        if form.is_valid():
            outcome = entrance.enter(form, call=Call.of(request, page=request.path), at=at)
    else:
        form = kind(at=at, initial=_initial(wishes, kind))
        if "topics" in wishes or "show" in wishes:
            context |= _foretaste(request, wishes, at=at)
    match outcome:
        case Outcome.TAKEN | Outcome.LATER:
            return SeeOther(_next_page(request, context, outcome))
        case Outcome.CHALLENGE:
            return render(request, "subscriptions/question.html", {"form": form, **context})
    told = {"title": optin.TITLE, "promise": optin.PROMISE, "button": optin.BUTTON}
    context |= {"form": form, "topics": form.active_topics, **told}
    response = render(request, template, context, status=context.get("status", 200))
    if outcome is Outcome.TOO_MANY:
        response.status_code, response.headers["Retry-After"] = 429, "3600"
    return response


def _foretaste(request: HttpRequest, wishes: QueryDict, *, at: datetime) -> dict[str, Any]:
    """Return what a template says of what these wishes would bring."""
    form = WishesForm(wishes)
    if not form.is_valid():
        errors = [str(error) for errors in form.errors.values() for error in errors]
        return {"complaint": " ".join(errors), "status": 200}
    if not _ration.take(limits.network(Call.of(request, page="").ip), at=at):
        return {"complaint": _("That was a lot at once. Please wait for a minute."), "status": 429}
    choices = form.choices()
    wanted = Wanted(
        {topic.pk: 1.0 for topic in form.cleaned_data["topics"]},
        choices.length,
        keywords=choices.keywords,
    )
    taste = foretaste(wanted, choices.cadence, at=at)
    return {"taste": taste, "cadence": choices.cadence, "status": 200}


def _wishes(request: HttpRequest) -> QueryDict:
    """Return what was chosen.  Topics may come as "a,b", too, as links and embeds have them."""
    wishes = (request.POST if request.method == "POST" else request.GET).copy()
    if "topics" in wishes:
        slugs = [slug for value in wishes.getlist("topics") for slug in value.split(",")]
        wishes.setlist("topics", [slug.strip() for slug in slugs if slug.strip()])
    return wishes


def _initial(wishes: QueryDict, kind: type[JoinForm]) -> dict[str, Any]:
    """Return what the form begins with.  An address comes only with what was sent."""
    names = set(kind.base_fields) & set(wishes) - {"stamp", "website"}
    if wishes.get("show") is None:
        names -= {"email"}
    found: dict[str, Any] = {name: wishes[name] for name in names}
    return found | ({"topics": wishes.getlist("topics")} if "topics" in names else {})


def _next_page(request: HttpRequest, context: dict[str, Any], outcome: Outcome) -> str:
    if context.get("is_embedded"):
        return f"{request.path}?asked"
    query = "?later" if outcome is Outcome.LATER else ""
    return reverse("subscriptions:check_inbox") + query
