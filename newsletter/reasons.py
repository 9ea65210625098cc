"""Why a paper is in a reader's digest, in words.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from newsletter.picks import Why

Topics = Mapping[int, tuple[str, str]]  # topic id -> its name, and the sign of it in the paper


class Names(NamedTuple):
    """What reasons refer to."""

    phrases: Mapping[int, str]  # phrase id -> text, as readers look for it
    papers: Mapping[int, str]  # paper id -> title of a paper that a reader wanted more like


NO_NAMES = Names({}, {})


def sentence(why: Why, reference: int, also_topic: int, *, topics: Topics, names: Names) -> str:
    """Return the reasons of one pick, without a full stop; empty if there are none to tell.

    Args:
        topics: those that the paper is about.  Another one no longer counts as a reason.
    """
    also = [topics[also_topic][0]] if also_topic in topics else []
    match why:
        case Why.TOPIC:
            return _by_topics(reference, also, topics)
        case Why.KEYWORD if reference in names.phrases:
            found = f'you look for "{names.phrases[reference]}"'
        case Why.AUTHOR if reference in names.phrases:
            found = f"you follow the author {names.phrases[reference].title()}"
        case Why.TASTE if reference in names.papers:
            found = f'it is like "{names.papers[reference]}", of which you wanted more'
        case Why.TASTE:
            found = "it is like papers of which you wanted more"
        case Why.TREND:
            found = "much read, and outside your topics"
        case _:
            found = ""
    followed = f"you follow {also[0]}" if also else ""
    return "; ".join(part for part in (found, followed) if part)


def _by_topics(reference: int, also: list[str], topics: Topics) -> str:
    name, sign = topics.get(reference, ("", ""))
    followed = " and ".join([name, *also] if name else also)
    reasons = [f"you follow {followed}"] if followed else []
    return "; ".join([*reasons, sign] if sign else reasons)
