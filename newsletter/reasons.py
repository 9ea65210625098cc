"""Why a paper is in a reader's digest, in words.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.picks import Why

Topics = Mapping[int, tuple[str, str]]  # topic id -> its name, and the sign of it in the paper


def sentence(
    why: Why, reference: int, also_topic: int, *, topics: Topics, phrases: Mapping[int, str]
) -> str:
    """Return the reasons of one pick, without a full stop; empty if there are none to tell.

    Args:
        topics: those that the paper is about.  Another one no longer counts as a reason.
        phrases: phrase id -> text, as readers look for it.
    """
    also = [topics[also_topic][0]] if also_topic in topics else []
    match why:
        case Why.TOPIC:
            return _by_topics(reference, also, topics)
        case Why.KEYWORD if reference in phrases:
            found = f'you look for "{phrases[reference]}"'
        case Why.AUTHOR if reference in phrases:
            found = f"you follow the author {phrases[reference].title()}"
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
