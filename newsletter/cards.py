"""The cards of an issue: each paper rendered once, stored, and encoded for every mail.

Whoever needs a card first renders and stores it; everybody reads what is stored.  So an edit
of a paper, a topic or a template changes nothing in an issue under way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from html import escape
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from newsletter import counting, reasons
from newsletter.columns import fold
from newsletter.looks import USUAL, Layout, Look
from newsletter.models import Card, Issue
from newsletter.paper_facts import facts, ranks, urls
from newsletter.picks import AGAIN, KIND, Why
from newsletter.reasons import Names
from papers.models import Paper
from papers.wording import shorten
from subscriptions import tokens
from subscriptions.encode import Form, quote

WIDTHS = {"number": 2, "lead": 4, "feedback": tokens.LENGTH}
NUMBERS = [str(number).encode() for number in range(100)]
LEADS = [f"{number}.".ljust(4).encode() for number in range(100)]  # as wide as the indent
LONGEST_REASON = 160  # characters
NAMED_IN_SUBJECT, NAMED_IN_PREHEADER = 60, 30  # characters of a title
ASCII_DOTS = "..."  # in the subject, which "…" would make an encoded word for an ASCII title
REMEMBERED = 2048  # cards in the memory of one process, about 10 KB each

_remembered: OrderedDict[tuple[UUID, int], Sheet] = OrderedDict()


class Sheet:
    """A card as bytes, cut where the parts of a reader go.

    The HTML is start, number, middle, reason, then `tail` with the reader's token between
    its pieces.  The text is start, number, middle, reason, then `links` with the number
    between its pieces, the token, and the end.
    """

    __slots__ = (
        "html_middle", "html_reason", "html_row", "html_start", "language", "links", "opening",
        "public_tail", "reasons", "row_size", "short", "size", "subject", "subjects", "tail",
        "text_end", "text_middle", "text_row", "text_start", "topics", "trend",
    )  # fmt: skip

    def __init__(self, card: Card) -> None:
        html_row, html = Form.of(card.html, WIDTHS).parts("row")
        start, rest = html.parts("begin_why")
        reason, rest = rest.parts("end_why")
        self.html_row = tuple(html_row.pieces)
        self.html_start, self.html_middle = start.pieces
        self.html_reason = tuple(reason.pieces)
        self.tail = rest.only("feedback").pieces
        self.public_tail = rest.only().pieces

        text_row, text = Form.of(card.text, WIDTHS).parts("row")
        start, rest = text.parts("why")
        links, rest = rest.parts("begin_feedback")
        feedback, end = rest.parts("end_feedback")
        self.text_row = tuple(text_row.pieces)
        self.text_start, self.text_middle = start.pieces
        before, after = feedback.parts("feedback")
        # The number of the paper goes between these.
        self.links = [*links.pieces[:-1], links.pieces[-1] + before.pieces[0], *before.pieces[1:]]
        self.text_end = after.pieces[0] + end.pieces[0]

        self.subject = shorten(card.title, NAMED_IN_SUBJECT, dots=ASCII_DOTS)
        self.subjects: dict[int, bytes] = {}  # of mails in which it is the first of so many
        self.short = quote(escape(shorten(card.title, NAMED_IN_PREHEADER)))
        self.opening = card.opening
        self.language = card.language
        self.topics = {topic: (name, sign) for topic, name, sign in card.topics}
        self.trend = card.trend
        self.reasons: dict[bytes, tuple[bytes, bytes]] = {}
        # Of the HTML, with the widest number and token; what a reason takes comes on top.
        holes = WIDTHS["number"] + (len(self.tail) - 1) * tokens.LENGTH
        self.size = sum(map(len, (self.html_start, self.html_middle, *self.tail))) + holes
        self.row_size = sum(map(len, self.html_row)) + WIDTHS["number"]

    def write_reason(self, key: bytes, names: Names) -> tuple[bytes, bytes]:
        """Encode, and remember, the reason of a pick for the text and for the HTML.

        Args:
            key: what a packed pick says of it: why, reference and second topic.
        """
        why, reference = Why(key[0] & KIND), int.from_bytes(key[1:5], "little")
        also = int.from_bytes(key[5:7], "little")
        with override(self.language):
            whole = reasons.sentence(
                *(why, reference, also),
                topics=self.topics,
                names=names,
                is_again=bool(key[0] & AGAIN),
            )
            said = shorten(whole, LONGEST_REASON)
            told = _("Why: %(reason)s.") % {"reason": said}
        if said:
            text = quote(fold(told, indent="    ") + "\n\n")
            before, after = self.html_reason
            written = (text, before + quote(escape(said)) + after)
        else:
            written = (b"", b"")
        self.reasons[key] = written
        return written


def sheets(
    issue: Issue,
    paper_ids: Iterable[int],
    *,
    rendering: UUID | None,
    keep: bool,
    look: Look = USUAL,
) -> dict[int, Sheet]:
    """Return paper id -> its card in an issue; papers that are gone are left out.

    Args:
        rendering: of the shell that they belong to, if it is stored.
        keep: store what has to be rendered.  Not for drafts, nor for pages that must not
            change anything.
    """
    found: dict[int, Sheet] = {}
    missing: list[int] = []
    for pk in paper_ids:
        if rendering is not None and (known := _remembered.get((rendering, pk))):
            found[pk] = known
        else:
            missing.append(pk)
    if not missing:
        return found
    cards = _stored(issue, missing, look) if rendering is not None else {}
    fresh = render(issue, [pk for pk in missing if pk not in cards], look)
    if fresh and keep:
        Card.objects.bulk_create(fresh, ignore_conflicts=True)
        cards |= _stored(issue, [card.paper_id for card in fresh], look)  # another may have won
    made = {pk: Sheet(card) for pk, card in cards.items()}
    if rendering is not None:
        _remember(rendering, made)
    if not keep:
        made |= {card.paper_id: Sheet(card) for card in fresh}
    return found | made


def render(issue: Issue, paper_ids: Collection[int], look: Look = USUAL) -> list[Card]:
    """Render cards that are not stored yet: two templates for each."""
    if not paper_ids:
        return []
    papers = list(Paper.objects.with_topics().filter(pk__in=paper_ids))
    places = ranks(papers)
    detours: dict[str, str] = {}
    if look.layout == Layout.COUNTED:
        detours = counting.detours(issue.pk, {url for paper in papers for url in urls(paper)})
    cards = []
    with override(look.language):
        for paper in papers:
            place = places.get(paper.pk, (0, 0))
            said = facts(paper, place, detours=detours)
            card = Card(**look.fields(), issue=issue, paper_id=paper.pk)
            cards.append(_filled(card, said, trend=paper.trend_score))
    return cards


def _filled(card: Card, said: dict[str, Any], *, trend: float) -> Card:
    card.html = render_to_string("email/digest/card.html", said)
    card.text = render_to_string("email/digest/card.txt", said)
    card.title, card.opening, card.topics = said["title"], said["teaser"], said["topics"]
    card.trend = trend
    return card


def _stored(issue: Issue, paper_ids: Iterable[int], look: Look) -> dict[int, Card]:
    rows = Card.objects.filter(**look.fields(), issue=issue, paper_id__in=paper_ids)
    return {card.paper_id: card for card in rows}


def _remember(rendering: UUID, made: Mapping[int, Sheet]) -> None:
    _remembered.update({(rendering, pk): sheet for pk, sheet in made.items()})
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
