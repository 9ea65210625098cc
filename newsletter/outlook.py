"""What a reader's next digest would hold if he wished otherwise.  Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.conf import settings

from newsletter import candidates, contents, history, nearest, placing
from newsletter.audience import Turn
from newsletter.contents import Item
from newsletter.matching.block import pick_all
from newsletter.matching.phrases import AUTHOR, KEYWORD
from newsletter.matching.pool import Pool
from newsletter.matching.readers import Reader, Readers, block_of
from newsletter.models import Delivery
from newsletter.picks import unpack
from newsletter.reasons import Names
from newsletter.references import names_of
from subscriptions import cadence
from subscriptions.models import Subscriber, Taste
from subscriptions.optin import Preferences
from subscriptions.phrases import Words


@dataclass(frozen=True, slots=True)
class Wished:
    """What somebody chose in a form, saved or not."""

    weights: Mapping[int, float]  # topic id -> 0..2, as `Interest.weight`
    words: Words
    choices: Preferences


def items(subscriber: Subscriber, wished: Wished, *, at: datetime) -> list[Item]:
    """Return the papers, best first, of a digest that came at `at`.

    It is matched as every digest is, with what the reader was sent and what he said of
    papers.  His words need not be known: they are numbered for this one look.
    """
    missed = Turn.of_reader(subscriber).missed
    kind = candidates.kind(wished.choices.cadence, missed=missed)
    on = cadence.local_date(at, wished.choices.time_zone)
    pool = candidates.load(kind, on, at=at, acts=placing.planned(kind, on))
    phrases = _numbered(wished.words)
    pool.hits.learn(pool.index, ((pk, kind, text) for pk, (kind, text) in phrases.items()))
    picks = pick_all(_reader(subscriber, wished, pool), pool, outside=settings.OUTSIDE_PICK)
    nearest.refer(picks, np.array([subscriber.pk]), pool)
    texts = {pk: text for pk, (_, text) in phrases.items()}
    names = Names(phrases=texts, papers=names_of(picks.rows).papers)
    return contents.of(unpack(picks.rows.tobytes()), names)


def _reader(subscriber: Subscriber, wished: Wished, pool: Pool) -> Readers:
    """The reader as a block of one."""
    wanted = len(wished.words.keywords) + len(wished.words.authors)
    taste = Taste.objects.filter(subscriber=subscriber).first()
    reader = Reader(
        subscriber.pk,
        wished.weights,
        wished.choices.length,
        trend_share=wished.choices.trend_share,
        phrases=range(1, wanted + 1),
        excluded=range(wanted + 1, wanted + 1 + len(wished.words.excluded)),
        taste=bytes(taste.vector) if taste else None,
        aversion=bytes(taste.aversion) if taste and taste.aversion else None,
    )
    on_the_way = np.array(Delivery.objects.issues_on_the_way(but=None), np.int64)
    sent, risen = history.load(np.array([subscriber.pk]), pool, on_the_way=on_the_way)
    return replace(block_of([reader], pool), sent=sent, risen=risen)


def _numbered(words: Words) -> dict[int, tuple[int, str]]:
    """Return a number of its own for each phrase: those to look for, then those to avoid."""
    kinds = (
        *((KEYWORD, text) for text in words.keywords),
        *((AUTHOR, text) for text in words.authors),
        *((KEYWORD, text) for text in words.excluded),
    )
    return dict(enumerate(kinds, start=1))
