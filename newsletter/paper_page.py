"""The page where a reader says of a paper in his digest: more, less, mute, vote."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from newsletter.models import Delivery
from papers.models import Paper, Topic
from subscriptions import opinions, tokens
from subscriptions.models import Feedback, Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose

LOOKED_AT = 30  # digests, newest first
OPINIONS = {
    "": gettext_lazy("You have not said what you think of papers like this."),
    Feedback.Kind.MORE: gettext_lazy("You want more papers like this."),
    Feedback.Kind.LESS: gettext_lazy("You want fewer papers like this."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One question of the page: how it stands, and what can be pressed."""

    id: str  # where a link of the mail leads
    title: str
    state: str
    buttons: list[tuple[str, str]]  # act, label


@require_http_methods(["GET", "HEAD", "POST"])
@token_page(Purpose.FEEDBACK)
def feedback(request: HttpRequest, subscriber: Subscriber, *, paper_id: int) -> HttpResponse:
    """Show the buttons on GET, because mail scanners follow links; act on POST."""
    paper = Paper.objects.with_topics().filter(pk=paper_id).first()
    if paper is None or not subscriber.is_deliverable:
        raise BadToken
    if request.method == "POST":
        act, _colon, number = request.POST.get("act", "").partition(":")
        if not _act(subscriber, paper, act, _topic(paper, number)):
            said = _("There is no such button.")
            return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")
        return redirect(f"{request.path}?saved=1")
    context = {
        "paper": paper,
        "groups": [
            _likes(subscriber, paper),
            *_topics(subscriber, paper),
            _vote(subscriber, paper),
        ],
        "is_saved": "saved" in request.GET,
        "digest_url": _digest_with(subscriber, paper),
    }
    return render(request, "newsletter/paper.html", context)


def _digest_with(subscriber: Subscriber, paper: Paper) -> str:
    """Return the way back: the newest digest with this paper; empty if it is not there any more.

    Not to the preferences: this page's link must not open more than it was made for.
    """
    recent = Delivery.objects.filter(subscriber=subscriber).select_related("issue")
    for delivery in recent.order_by("-pk")[:LOOKED_AT]:
        if paper.pk in delivery.paper_ids:
            issue, token = delivery.issue, tokens.make(Purpose.DIGEST, subscriber)
            return reverse("newsletter:digest", args=[token, issue.cadence, issue.on.isoformat()])
    return ""


def _act(subscriber: Subscriber, paper: Paper, act: str, topic: Topic | None) -> bool:
    """Do what a button says; False if there is no such button."""
    match act:
        case "more" | "less":
            opinions.say(subscriber, paper, Feedback.Kind(act), at=now())
        case "unsay":
            opinions.unsay(subscriber, paper)
        case "vote":
            opinions.vote(subscriber, paper, at=now())
        case "unvote":
            opinions.take_back(subscriber, paper)
        case "mute" | "follow" if topic:
            opinions.weigh(subscriber, topic, 0 if act == "mute" else 1)
        case "unmute" if topic:
            opinions.unmute(subscriber, topic)
        case _:
            return False
    return True


def _topic(paper: Paper, number: str) -> Topic | None:
    """The topic of that id, if the paper is about it."""
    topics = {str(found.topic_id): found.topic for found in paper.assignments.all()}
    return topics.get(number)


def _likes(subscriber: Subscriber, paper: Paper) -> Group:
    said = Feedback.objects.filter(subscriber=subscriber, paper=paper).first()
    kind = said.kind if said else ""
    labels = {
        "more": _("More like this"),
        "less": _("Less like this"),
        "unsay": _("Take it back"),
    }
    shown = [act for act in labels if act != kind and (kind or act != "unsay")]
    buttons = [(act, labels[act]) for act in shown]
    return Group("more", _("Papers like this"), str(OPINIONS[kind]), buttons)


def _topics(subscriber: Subscriber, paper: Paper) -> list[Group]:
    weights = dict(subscriber.interests.values_list("topic_id", "weight"))
    topics = [found.topic for found in paper.assignments.all()]
    return [
        _mute(topic, weights.get(topic.pk), "mute" if number == 0 else f"mute-{topic.pk}")
        for number, topic in enumerate(topics)
    ]


def _mute(topic: Topic, weight: float | None, place: str) -> Group:
    named = {"topic": topic}
    mute = (f"mute:{topic.pk}", _("Mute %(topic)s") % named)
    follow = (f"follow:{topic.pk}", _("Follow %(topic)s") % named)
    if weight == 0:
        unmute = (f"unmute:{topic.pk}", _("Unmute %(topic)s") % named)
        return Group(place, topic.label, _("You have muted this topic."), [unmute, follow])
    if weight is None:
        return Group(place, topic.label, _("You do not follow this topic."), [follow, mute])
    return Group(place, topic.label, _("You follow this topic."), [mute])


def _vote(subscriber: Subscriber, paper: Paper) -> Group:
    if subscriber.votes.filter(paper=paper).exists():
        back = [("unvote", _("Take the vote back"))]
        return Group("vote", _("Your vote"), _("You voted for it."), back)
    return Group("vote", _("Your vote"), _("You have not voted for it."), [("vote", _("Upvote"))])
