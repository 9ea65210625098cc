"""What the reasons of picks refer to, by its name: phrases, and papers that readers liked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from newsletter.picks import KIND, Why
from newsletter.reasons import Names
from papers.models import Paper
from papers.wording import shorten
from subscriptions.models import Phrase

BY_PHRASE = [Why.KEYWORD, Why.AUTHOR]
LONGEST_TITLE = 80  # characters, within a reason


def names_of(picks: NDArray[np.void]) -> Names:
    """Load what these picks refer to; what is gone is left out.

    Args:
        picks: of dtype PACKED.
    """
    phrases = _references(picks, BY_PHRASE)
    papers = _references(picks, [Why.TASTE])
    texts = Phrase.objects.filter(pk__in=phrases) if phrases else Phrase.objects.none()
    titles = Paper.objects.filter(pk__in=papers) if papers else Paper.objects.none()
    return Names(
        phrases=dict(texts.values_list("pk", "text")),
        papers={
            pk: shorten(title, LONGEST_TITLE) for pk, title in titles.values_list("pk", "title")
        },
    )


def _references(picks: NDArray[np.void], whys: list[Why]) -> list[int]:
    chosen = picks["reference"][np.isin(picks["why"] & KIND, whys)]
    found: list[int] = np.unique(chosen[chosen > 0]).tolist()
    return found
