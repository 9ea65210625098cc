from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from papers.models import Paper

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 16)


def test_a_withdrawn_paper_is_never_among_the_trending_or_living(make_paper):
    stands, withdrawn = make_paper(listed_on=DAY), make_paper(listed_on=DAY, withdrawn_on=DAY)
    assert withdrawn.is_withdrawn
    assert not stands.is_withdrawn
    assert list(Paper.objects.trending(until=DAY, days=1)) == [stands]
    alive = Paper.objects.alive_since(datetime(2026, 3, 1, tzinfo=UTC))
    assert list(alive) == [stands]
