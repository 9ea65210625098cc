"""What surrounds the papers in the mails of an issue: rendered once, stored, and encoded."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import override

from newsletter import counting, highlights, wording
from newsletter.columns import fold
from newsletter.looks import USUAL, Layout, Look
from newsletter.models import Card, Issue, Shell
from newsletter.paper_facts import RULE, Holes, page, plain
from subscriptions import mail, tokens
from subscriptions.encode import Form

TOKENS = ("digest", "preferences", "unsubscribe")  # pages that the shell links to
WIDTHS = dict.fromkeys(TOKENS, tokens.LENGTH)
REMEMBERED = 64  # shells in the memory of one process

_remembered: OrderedDict[UUID, Frame] = OrderedDict()


class Frame:
    """A shell as bytes, with or without those of its sections that not every mail has."""

    def __init__(self, shell: Shell, *, rendering: UUID | None = None) -> None:
        self.rendering = rendering  # None if it is not stored
        self.look = Look(shell.language, Layout(shell.layout))  # also of the cards in it
        self._html, self._text = Form.of(shell.html, WIDTHS), Form.of(shell.text, WIDTHS)
        self._made: dict[tuple[str, ...], tuple[Form, Form]] = {}
        self.size = sum(map(len, self._html.pieces))

    def forms(self, *sections: str) -> tuple[Form, Form]:
        """Return text and HTML with these sections: contents, more, private, public, why."""
        if (made := self._made.get(sections)) is None:
            made = self._text.only(*sections), self._html.only(*sections)
            self._made[sections] = made
        return made


def frames(issues: Collection[Issue], *, keep: bool, look: Look = USUAL) -> dict[int | None, Frame]:
    """Return issue id -> its shell, rendered now if it is not stored; `keep` stores it.

    A draft is an issue without an id.
    """
    found = _stored(issues, look)
    missing = [issue for issue in issues if issue.pk not in found]
    fresh = [render(issue, look) for issue in missing]
    if keep and fresh:
        Shell.objects.bulk_create(fresh, ignore_conflicts=True)
        return {**found, **_stored(missing, look)}  # another worker may have won
    return {**found, **{shell.issue_id: Frame(shell) for shell in fresh}}


def render(issue: Issue, look: Look = USUAL) -> Shell:
    """Render what surrounds the papers: two templates."""
    with override(look.language):
        said = _facts(issue)
        if look.layout == Layout.COUNTED:
            said |= {"canary_url": counting.canary(issue.pk), "pixel_url": counting.pixel(issue.pk)}
        return Shell(
            **look.fields(),
            issue=issue,
            html=render_to_string("email/digest/body.html", said),
            text=render_to_string("email/digest/body.txt", said).strip() + "\n",
        )


def thaw(issue: Issue) -> None:
    """Forget what was rendered: somebody put something right, and the rest is sent so."""
    with transaction.atomic():
        Shell.objects.filter(issue=issue).delete()
        Card.objects.filter(issue=issue).delete()


def paragraphs(text: str) -> list[str]:
    """Split what an editor wrote at its empty lines."""
    return [plain(part) for part in re.split(r"\n\s*\n", text.replace("\r", "")) if part.strip()]


def _facts(issue: Issue) -> dict[str, Any]:
    introduction = paragraphs(issue.introduction)
    found = highlights.of(issue)
    on = issue.on.isoformat()
    return {
        **mail.site(),
        "hole": Holes(),
        "rule": RULE,
        "issue": issue,
        "title": f"{settings.SITE_NAME}, {date_format(issue.on, 'DATE_FORMAT')}",
        "day": wording.day(issue.on),
        "span": wording.span(issue.cadence),
        "introduction": introduction,
        "introduction_folded": [fold(part) for part in introduction],
        "highlights": found,
        "preferences_url": page("subscriptions:preferences", "preferences"),
        "unsubscribe_url": page("subscriptions:unsubscribe", "unsubscribe"),
        "digest_url": page("newsletter:digest", "digest", issue.cadence, on),
        "why_url": page("newsletter:why", "digest", issue.cadence, on),
    }


def _stored(issues: Collection[Issue], look: Look) -> dict[int | None, Frame]:
    """Return the frames of stored shells; those in memory are not read again."""
    ids = {issue.pk for issue in issues} - {None}
    stored = Shell.objects.filter(**look.fields(), issue__in=ids)
    names = dict(stored.values_list("rendering", "issue_id"))
    found: dict[int | None, Frame] = {
        issue: known for name, issue in names.items() if (known := _remembered.get(name))
    }
    if unread := set(names.values()) - set(found):
        for shell in stored.filter(issue__in=unread):
            found[shell.issue_id] = _remembered[shell.rendering] = Frame(
                shell, rendering=shell.rendering
            )
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return found
