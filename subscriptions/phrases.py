"""What words a reader looks for or avoids, and which authors he follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction

from papers.text import words
from subscriptions.models import Phrase, Subscriber, Wish

MOST_WISHES = 30
LONGEST = 80  # characters of a phrase, as Phrase.text

Key = tuple[str, str]  # kind and normalised text


@transaction.atomic
def wish(
    subscriber: Subscriber,
    *,
    keywords: Collection[str],
    excluded: Collection[str],
    authors: Collection[str],
) -> None:
    """Make these the reader's wishes; who looks for what he avoids avoids it.

    Raises:
        ValueError: a phrase has no word or is too long, or there are more than `MOST_WISHES`.
    """
    wanted = dict.fromkeys(_keys(Phrase.Kind.KEYWORD, keywords), False)
    wanted |= dict.fromkeys(_keys(Phrase.Kind.AUTHOR, authors), False)
    wanted |= dict.fromkeys(_keys(Phrase.Kind.KEYWORD, excluded), True)
    if len(wanted) > MOST_WISHES:
        raise ValueError(f"{len(wanted)} phrases are more than {MOST_WISHES}")

    Subscriber.objects.select_for_update().get(pk=subscriber.pk)  # one after the other
    # In one order, or two readers who wish for the same could wait for each other.
    Phrase.objects.bulk_create(
        [Phrase(kind=kind, text=text) for kind, text in sorted(wanted)], ignore_conflicts=True
    )
    texts = {text for _, text in wanted}
    phrases = {(row.kind, row.text): row for row in Phrase.objects.filter(text__in=texts)}
    Wish.objects.filter(subscriber=subscriber).delete()
    Wish.objects.bulk_create(
        Wish(subscriber=subscriber, phrase=phrases[key], is_excluded=is_excluded)
        for key, is_excluded in wanted.items()
    )


def normalised(text: str) -> str:
    """Return a phrase as it is stored and compared: words in small letters, single spaces.

    It may be empty, or too long to be stored.
    """
    return " ".join(words(text))


def _keys(kind: Phrase.Kind, texts: Iterable[str]) -> list[Key]:
    keys = [(str(kind), normalised(text)) for text in texts]
    for _, text in keys:
        if not 0 < len(text) <= LONGEST:
            raise ValueError(f"a phrase has 1 to {LONGEST} characters, not {len(text)}")
    return keys
