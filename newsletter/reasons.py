"""Why a paper is in a reader's digest, in words of the language that is active."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from newsletter.picks import Why

Topics = Mapping[int, tuple[str, str]]  # topic id -> its name, and the sign of it in the paper

# What papers.topics says of a paper, which is stored in English.
SIGNS = [
    (re.compile(r'title mentions "(?P<first>.+)"'), gettext_noop('title mentions "%(first)s"')),
    (re.compile(r'mentions "(?P<first>.+)"'), gettext_noop('mentions "%(first)s"')),
    (
        re.compile(r'similar to papers of this topic: "(?P<first>.+?)" and "(?P<second>.+)"'),
        gettext_noop('similar to papers of this topic: "%(first)s" and "%(second)s"'),
    ),
    (
        re.compile(r'similar to papers of this topic: "(?P<first>.+)"'),
        gettext_noop('similar to papers of this topic: "%(first)s"'),
    ),
    (
        re.compile(r"similar to papers of this topic"),
        gettext_noop("similar to papers of this topic"),
    ),
]


class Names(NamedTuple):
    """What reasons refer to."""

    phrases: Mapping[int, str]  # phrase id -> text, as readers look for it
    papers: Mapping[int, str]  # paper id -> title of a paper that a reader wanted more like


NO_NAMES = Names({}, {})


def sentence(
    why: Why,
    reference: int,
    also_topic: int,
    *,
    topics: Topics,
    names: Names,
    is_again: bool = False,
) -> str:
    """Return the reasons of one pick, without a full stop; empty if there are none to tell.

    Args:
        topics: those that the paper is about.  Another one no longer counts as a reason.
        is_again: the reader had it before it rose.
    """
    said = _sentence(why, reference, also_topic, topics=topics, names=names)
    return _joined(_("it is rising again"), said) if is_again else said


def _sentence(why: Why, reference: int, also_topic: int, *, topics: Topics, names: Names) -> str:
    also = topics[also_topic][0] if also_topic in topics else ""
    if why == Why.TOPIC:
        name, found = topics.get(reference, ("", ""))
        return _joined(_followed(*filter(None, (name, also))), found)
    return _joined(_found(why, reference, names), _followed(also) if also else "")


def sign(stored: str) -> str:
    """Translate what was found in a paper; what an editor wrote himself stays as it is."""
    for pattern, said in SIGNS:
        if found := pattern.fullmatch(stored):
            return _(said) % found.groupdict()
    return stored


def _found(why: Why, reference: int, names: Names) -> str:
    match why:
        case Why.KEYWORD if reference in names.phrases:
            return _('you look for "%(phrase)s"') % {"phrase": names.phrases[reference]}
        case Why.AUTHOR if reference in names.phrases:
            author = names.phrases[reference].title()
            return _("you follow the author %(author)s") % {"author": author}
        case Why.TASTE if reference in names.papers:
            said = _('it is like "%(title)s", of which you wanted more')
            return said % {"title": names.papers[reference]}
        case Why.TASTE:
            return _("it is like papers of which you wanted more")
        case Why.TREND:
            return _("much read, and outside your topics")
        case _other:
            return ""


def _followed(topic: str = "", other: str = "") -> str:
    if other:
        return _("you follow %(topic)s and %(other)s") % {"topic": topic, "other": other}
    return _("you follow %(topic)s") % {"topic": topic} if topic else ""


def _joined(first: str, second: str) -> str:
    if first and second:
        return _("%(reason)s; %(other)s") % {"reason": first, "other": second}
    return first or second
