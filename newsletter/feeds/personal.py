"""A reader's digests as a feed: what was picked for him, or would be if nothing is sent."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from newsletter import addresses, audience, candidates, contents, nearest, wishes
from newsletter.feeds import entries, lists
from newsletter.feeds.terms import Entry, Feed
from newsletter.matching.block import pick_all
from newsletter.models import Delivery, Issue
from newsletter.picks import PACKED, Pick, pack, unpack
from newsletter.references import names_of
from subscriptions import cadence, links
from subscriptions.models import Subscriber

DIGESTS = 10  # the last ones
Picked = list[tuple[Pick, datetime | None]]  # with the moment of its digest, if that was made
# Whose newest digest is older than this gets none at the moment: longer than any pause between two.
SILENCE = {
    Issue.Cadence.DAILY: timedelta(days=3),
    Issue.Cadence.WEEKDAYS: timedelta(days=5),
    Issue.Cadence.WEEKLY: timedelta(days=10),
    Issue.Cadence.MONTHLY: timedelta(days=40),
}


def mine(subscriber: Subscriber, *, at: datetime) -> Feed:
    """Return the papers of a reader's last digests, newest first.

    Without a digest for long (or ever), or if he wants none, those come first that matching
    would pick now; of them nothing is stored.  Withdrawn papers are left out, and each paper
    is there once.
    """
    sent = _last_digests(subscriber)
    picked: Picked = [(pick, delivery.created_at) for delivery in sent for pick in delivery.picks]
    silence = SILENCE[Issue.Cadence(subscriber.cadence)]
    if not subscriber.wants_mail or not sent or at - sent[0].created_at > silence:
        had = {pick.paper_id for pick, _at in picked}
        new = [pick for pick in upcoming(subscriber, at=at) if pick.paper_id not in had]
        picked = [(pick, None) for pick in new] + picked
    forms = {form: links.feed(subscriber, form) for form in lists.FORMS}
    return Feed(
        id=entries.tag("feed", "mine"),
        title=_("Your papers - %(site)s") % {"site": settings.SITE_NAME},
        subtitle=_("What is picked for you, as your digests have it."),
        page_url=addresses.page("site:trending"),
        urls=forms,
        entries=_entries(picked),
        language=subscriber.language,
    )


def upcoming(subscriber: Subscriber, *, at: datetime) -> list[Pick]:
    """Return what the reader would get at `at`, without what he was sent; best first."""
    on = cadence.local_date(at, subscriber.time_zone)
    pool = candidates.load(subscriber.cadence, on, at=at)
    reader = audience.of([subscriber])
    wanted = wishes.load(
        reader.ids,
        lengths=reader.lengths,
        trend_shares=reader.trend_shares,
        pool=pool,
        on_the_way=np.array([], np.int64),
    )
    picks = pick_all(wanted, pool, outside=settings.OUTSIDE_PICK)
    nearest.refer(picks, reader.ids, pool)
    return unpack(picks.packed()[0])


def _last_digests(subscriber: Subscriber) -> list[Delivery]:
    """Those that had papers, newest first; an issue that may still be stopped is none yet."""
    published = Delivery.objects.filter(issue__in=Issue.objects.published())
    mine = published.filter(subscriber=subscriber).order_by("-pk")
    found = mine.only("created_at", "packed_picks")[: 2 * DIGESTS]
    return [delivery for delivery in found if delivery.packed_picks][:DIGESTS]


def _entries(picked: Picked) -> list[Entry]:
    moments = {pick.paper_id: at for pick, at in reversed(picked)}
    picks = {pick.paper_id: pick for pick, _at in reversed(picked)}
    once = [picks[pk] for pk in dict.fromkeys(pick.paper_id for pick, _at in picked)]
    items = contents.of(once, names_of(np.frombuffer(pack(once), PACKED)))
    return [
        entries.of(item.paper, why=item.why, at=moments[item.paper.pk])
        for item in items
        if not item.paper.is_withdrawn
    ]
