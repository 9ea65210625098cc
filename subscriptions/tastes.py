"""What a reader's feedback says in sum."""

from __future__ import annotations

from django.db.models import QuerySet

from papers import likeness, vectors
from papers.models import Paper
from subscriptions.models import Feedback, Subscriber, Taste

USUAL = 1000  # newest papers, to which what readers want is compared
Numbers = likeness.Vectors


def renew(subscriber: Subscriber, *, usual: Numbers | None = None) -> None:
    """Store what all that he said comes to; nothing if it comes to nothing.

    Papers that have no current vector yet count from the next time on.
    """
    said = Feedback.objects.filter(subscriber=subscriber).order_by("pk")
    more = _vectors(said.filter(kind=Feedback.Kind.MORE))
    less = _vectors(said.filter(kind=Feedback.Kind.LESS))
    usual = recent() if usual is None else usual
    taste, aversion = (
        likeness.learn(wanted, unwanted, usual) for wanted, unwanted in ((more, less), (less, more))
    )
    if not (taste.any() or aversion.any()):
        Taste.objects.filter(subscriber=subscriber).delete()
        return
    against = likeness.pack(aversion) if aversion.any() else None
    found = {"vector": likeness.pack(taste), "aversion": against}
    Taste.objects.update_or_create(subscriber=subscriber, defaults=found)


def renew_outdated(*, limit: int) -> int:
    """Renew tastes in a form that is not read any more; return how many.

    They wait until all papers that they are made of have a vector again.
    """
    waiting = Feedback.objects.filter(paper__in=Paper.objects.without_vector())
    ready = Taste.objects.outdated().exclude(pk__in=waiting.values("subscriber"))
    chosen = [taste.subscriber for taste in ready.select_related("subscriber")[:limit]]
    usual = recent() if chosen else None
    for subscriber in chosen:
        renew(subscriber, usual=usual)
    return len(chosen)


def recent() -> Numbers:
    """Return the vectors of the newest papers, one row each."""
    newest = Paper.objects.with_vector().order_by("-pk")
    return vectors.table(newest.values_list("vector", flat=True)[:USUAL])


def _vectors(said: QuerySet[Feedback]) -> Numbers:
    packed = said.values_list("paper__vector", flat=True)
    return vectors.table([vector for vector in packed if vectors.is_current(vector)])
