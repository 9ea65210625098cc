"""Topics are merged and split without losing papers, and tried before they are changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from papers import curating
from papers.models import Paper, Topic
from tests.conftest import MOMENT
from tests.papers.ingest_steps import record, store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_catalogue(db):
    Topic.objects.all().delete()


@pytest.fixture
def skating(make_topic):
    return make_topic("skating", include="skating robot\nice", exclude="ice cream", position=1)


@pytest.fixture
def proofs(make_topic):
    return make_topic("proofs", include="proof", categories="math.LO", position=2)


def gained(effect):
    return [paper.title for paper in effect.gained]


def test_a_preview_says_what_an_edited_topic_gains_and_loses(make_paper, skating, proofs):
    for title in ("Skating robots", "Ice robots", "Hockey", "Proofs"):
        make_paper(title)
    skating.include = "skating robot\nhockey"
    found = curating.preview([skating], at=MOMENT)
    ((topic, effect),) = found.changed
    assert (topic, effect.kept, gained(effect)) == (skating, 1, ["Hockey"])
    assert [paper.title for paper in effect.lost] == ["Ice robots"]
    assert (found.paper_count, found.others) == (4, [])


def test_a_preview_says_what_becomes_of_other_topics(make_paper, skating, proofs):
    make_paper("Proofs")
    proofs.include = "other"
    skating.include = "proofs"
    ((_, effect),) = curating.preview([skating], at=MOMENT).changed
    assert gained(effect) == ["Proofs"]
    found = curating.preview([proofs], at=MOMENT)
    assert len(found.changed[0][1].lost) == 1


def test_a_preview_of_a_new_topic_needs_no_row(make_paper, skating):
    make_paper("Hockey")
    found = curating.preview([Topic(slug="skating", name="Hockey", include="hockey")], at=MOMENT)
    assert gained(found.changed[0][1]) == ["Hockey"]


def test_a_preview_of_a_retired_topic_says_what_it_loses(make_paper, skating):
    make_paper("Skating robots")
    skating.is_active = False
    assert len(curating.preview([skating], at=MOMENT).changed[0][1].lost) == 1


def test_a_preview_looks_at_30_days_and_writes_nothing(make_paper, skating):
    old = MOMENT - timedelta(days=40)
    make_paper("Skating robots", first_seen_at=old, listed_on=old.date())
    with CaptureQueriesContext(connection) as queries:
        assert curating.preview([skating], at=MOMENT).paper_count == 0
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_a_preview_says_what_saving_and_classifying_then_do(make_paper, skating, proofs):
    for number in range(40):
        make_paper(f"{['Skating robots', 'Ice', 'Proofs', 'Hockey'][number % 4]} {number}")
    curating.classify_recent(at=MOMENT)
    before = set(skating.assignments.values_list("paper__title", flat=True))
    skating.include = "hockey\nice"
    ((_, effect),) = curating.preview([skating], at=MOMENT).changed
    skating.save()
    curating.classify_recent(at=MOMENT)
    after = set(skating.assignments.values_list("paper__title", flat=True))
    assert after - before == set(gained(effect))
    assert before - after == {paper.title for paper in effect.lost}
    assert len(after & before) == effect.kept


def test_merging_moves_papers_once_and_retires_the_topic(make_paper, skating, proofs):
    make_paper("One", topics=["skating"])
    make_paper("Two", topics=["skating", "proofs"])
    curating.merge(skating, into=proofs, with_signs=False)
    assert sorted(paper.title for paper in proofs.papers.all()) == ["One", "Two"]
    skating.refresh_from_db()
    assert (skating.is_active, skating.merged_into, skating.papers.count()) == (False, proofs, 0)
    proofs.refresh_from_db()
    assert proofs.include == "proof"


def test_merging_keeps_what_was_given_by_hand(make_paper, skating, proofs):
    paper = make_paper("Two", topics=["skating", "proofs"])
    paper.assignments.filter(topic=skating).update(is_by_hand=True)
    curating.merge(skating, into=proofs, with_signs=False)
    assert paper.assignments.get().is_by_hand


def test_merging_takes_over_signs_but_not_what_excludes(skating, proofs):
    proofs.include = "proof\nice"
    curating.merge(skating, into=proofs, with_signs=True)
    proofs.refresh_from_db()
    assert proofs.include == "proof\nice\nskating robot"
    assert (proofs.exclude, proofs.categories) == ("", "math.LO")


def test_what_was_merged_before_goes_along(make_topic, skating, proofs):
    oldest = make_topic("hockey")
    curating.merge(oldest, into=skating, with_signs=False)
    curating.merge(skating, into=proofs, with_signs=False)
    oldest.refresh_from_db()
    assert oldest.merged_into == proofs


def test_a_source_that_names_a_merged_topic_means_the_one_that_it_went_into(skating, proofs):
    curating.merge(skating, into=proofs, with_signs=False)
    store(record(topics=("skating", "proofs")))
    assert [topic.slug for topic in Paper.objects.get().topics.all()] == ["proofs"]


def test_a_part_takes_its_signs_along_and_copies_what_excludes(skating):
    taken = {"include": ["ice"], "categories": []}
    part = curating.part_of(skating, taken=taken, slug="ice", name="Ice")
    assert (skating.include, part.include) == ("skating robot", "ice")
    assert (skating.exclude, part.exclude) == ("ice cream", "ice cream")
    assert (part.position, part.pk) == (1, None)
    curating.split(skating, part)
    skating.refresh_from_db()
    assert skating.include == "skating robot"
    assert Topic.objects.get(slug="ice").include == "ice"
