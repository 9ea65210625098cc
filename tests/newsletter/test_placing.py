"""What plans do to issues, and that they stay as they are from the first reader on."""

from __future__ import annotations

import time
from datetime import date
from functools import partial

import pytest
from django.db import connection, transaction

from newsletter import candidates, foretaste, gate, issues, opening, outlook, placing
from newsletter.matching.pool import Candidate
from newsletter.matching.readers import Reader
from newsletter.models import Delivery, Issue, Plan
from newsletter.models.plan import LONGEST_INTRODUCTION
from newsletter.outlook import Wished
from newsletter.placing import Act
from papers.models import Topic
from subscriptions.models import Subscriber
from subscriptions.optin import Preferences
from subscriptions.phrases import Words
from tests.newsletter.issue_steps import HOUR, SEVEN, TUESDAY, WEDNESDAY, sent_titles, titles
from tests.newsletter.test_issues_workers import in_threads


@pytest.fixture
def make_plan(db):
    """A plan of Tuesday's daily issue; `acts` are papers and what is done with each."""

    def make(acts=(), *, on=TUESDAY, **fields) -> Plan:
        plan = Plan.objects.create(**{"cadence": "daily", "on": on, **fields})
        for paper, act in acts:
            plan.placements.create(paper=paper, act=act)
        return plan

    return make


@pytest.fixture
def three(make_paper):
    """Papers of a topic, the hottest first."""
    return [
        make_paper(name, topics=["agents"], trend_score=trend)
        for name, trend in [("Hot", 0.9), ("Warm", 0.6), ("Cold", 0.3)]
    ]


# --- what is decided --------------------------------------------------------------------


def placed(acts, aliases=None) -> tuple[list[tuple[int, float]], dict[int, int]]:
    found = [Candidate(pk, trend, {}) for pk, trend in [(1, 0.9), (2, 0.6), (3, 0.3)]]
    left, others = placing.place(found, aliases or {}, acts)
    return [(candidate.paper_id, candidate.trend) for candidate in left], dict(others)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ({}, [(1, 0.9), (2, 0.6), (3, 0.3)]),
        ({3: "boost"}, [(3, 1), (1, 0.9), (2, 0.6)]),
        ({3: "boost", 2: "boost"}, [(2, 1), (3, 1), (1, 0.9)]),
        ({1: "bury"}, [(2, 0.6), (3, 0.3), (1, 0)]),
        ({1: "exclude"}, [(2, 0.6), (3, 0.3)]),
        ({1: "exclude", 2: "bury", 3: "boost", 99: "boost"}, [(3, 1), (2, 0)]),
    ],
)
def test_papers_go_where_the_plan_wants_them(acts, expected):
    assert placed(acts)[0] == expected


@pytest.mark.parametrize(
    ("acts", "expected", "others"),
    [
        ({7: "boost"}, [(3, 1), (1, 0.9), (2, 0.6)], {7: 3}),
        ({7: "exclude"}, [(1, 0.9), (2, 0.6)], {}),
        ({7: "exclude", 3: "boost"}, [(1, 0.9), (2, 0.6)], {}),
        ({7: "boost", 3: "bury"}, [(1, 0.9), (2, 0.6), (3, 0)], {7: 3}),
    ],
)
def test_all_versions_of_a_paper_go_together(acts, expected, others):
    assert placed(acts, {7: 3}) == (expected, others)


# --- what is loaded ---------------------------------------------------------------------


def loaded(acts) -> list[int]:
    return candidates.load("daily", TUESDAY, at=SEVEN, acts=acts).paper_ids.tolist()


def test_the_cut_comes_after_the_plan(three, monkeypatch):
    monkeypatch.setattr(candidates, "MOST_PAPERS", 2)
    monkeypatch.setattr(placing, "MOST_PAPERS", 2)
    hot, warm, cold = (paper.pk for paper in three)
    assert loaded({}) == [hot, warm]
    assert loaded({cold: Act.BOOST}) == [cold, hot]
    assert loaded({hot: Act.EXCLUDE}) == [warm, cold]
    assert loaded({hot: Act.BURY}) == [warm, cold]


def test_papers_without_a_list_are_placed_too(make_paper):
    when = [SEVEN - hours * HOUR for hours in range(1, 4)]
    names = [make_paper(listed_on=None, published_at=at, first_seen_at=at).pk for at in when]
    assert loaded({}) == names
    assert loaded({names[2]: Act.BOOST, names[0]: Act.EXCLUDE}) == [names[2], names[1]]


def test_a_boosted_paper_that_could_not_be_sent_is_not(make_paper, three):
    old = make_paper(listed_on=date(2026, 1, 5))
    gone = make_paper(withdrawn_on=TUESDAY)
    acts = {old.pk: Act.BOOST, gone.pk: Act.BOOST}
    assert loaded(acts) == [paper.pk for paper in three]


# --- issues -----------------------------------------------------------------------------


def test_an_issue_follows_its_plan(make_due, make_plan, three):
    hot, warm, cold = three
    make_plan([(cold, "boost"), (hot, "bury")])
    make_plan([(warm, "exclude")], on=WEDNESDAY)
    make_plan([(warm, "exclude")], cadence="weekly")
    make_due()
    assert sent_titles() == ["Cold", "Warm", "Hot"]


def test_an_excluded_paper_is_in_no_digest(make_due, make_plan, three):
    make_plan([(three[0], "exclude")])
    make_due()
    assert sent_titles() == ["Warm", "Cold"]


def test_the_introduction_stands_above_what_must_be_said(make_due, make_plan, make_paper):
    make_paper(topics=["agents"], listed_on=None, first_seen_at=SEVEN - HOUR)
    make_plan(introduction="Welcome <all>.")
    make_due()
    issues.open_due(at=SEVEN)
    assert Issue.objects.get().introduction == f"Welcome <all>.\n\n{candidates.NO_LIST}"


@pytest.mark.parametrize(
    "said",
    [
        "Two <b>papers</b> & a half.\r\n\r\nMore at https://example.org/a?b=1&c=2: None.",
        "ALL OF IT FREE!!! {{ name }} %s undefined TODO",
        "word " * (LONGEST_INTRODUCTION // 5),
        "x" * LONGEST_INTRODUCTION,
        "\u202eright to left, \u4e2d\u6587, \U0001f916",
    ],
    ids=["markup", "shouting", "long", "one word", "other scripts"],
)
def test_what_an_editor_says_stops_no_issue(make_due, make_plan, three, settings, said):
    settings.POSTAL_ADDRESS = "1 Example Street"
    make_plan(introduction=said)
    make_due()
    issues.open_due(at=SEVEN)
    issue = Issue.objects.get()
    gate.release(issue, at=SEVEN)
    issue.refresh_from_db()
    assert (issue.state, issue.reason) == ("open", "")
    assert issue.inspections.get().mails == 1


def test_drafts_and_outlooks_follow_the_plan_and_the_past_does_not(make_due, make_plan, three):
    plan = make_plan([(three[0], "exclude")], introduction="Soon.")
    reader, agents = make_due(), Topic.objects.get(slug="agents")
    draft = issues.draft(reader, Reader(0, {agents.pk: 1}, 7), at=SEVEN)
    assert (titles(draft), draft.issue.introduction) == (["Warm", "Cold"], "Soon.")

    wished = Wished({agents.pk: 1}, Words(), Preferences())
    found = [item.paper.title for item in outlook.items(reader, wished, at=SEVEN)]
    assert found == ["Warm", "Cold"]

    assert foretaste.load("daily", TUESDAY, SEVEN).size == 3
    plan.refresh_from_db()
    assert plan.frozen_at is None  # nobody was written to


# --- frozen -----------------------------------------------------------------------------


def test_the_first_reader_freezes_the_plan_and_the_next_gets_the_same(make_due, make_plan, three):
    plan = make_plan([(three[0], "exclude")])
    make_due()
    assert sent_titles() == ["Warm", "Cold"]
    plan.refresh_from_db()
    assert plan.frozen_at == SEVEN

    make_due(next_digest_at=SEVEN + HOUR)
    issues.open_due(at=SEVEN + HOUR)
    assert [titles(delivery) for delivery in Delivery.objects.all()] == [["Warm", "Cold"]] * 2
    plan.refresh_from_db()
    assert plan.frozen_at == SEVEN


def test_a_plan_that_comes_after_its_issue_changes_nothing(make_due, make_plan, three):
    make_due()
    issues.open_due(at=SEVEN)
    plan = make_plan([(three[0], "exclude")], introduction="Late.")
    reader = make_due(next_digest_at=SEVEN + HOUR)
    assert sent_titles(SEVEN + HOUR) == ["Hot", "Warm", "Cold"]
    assert Issue.objects.get().introduction == ""
    draft = issues.draft(reader, Reader(0, {Topic.objects.get(slug="agents").pk: 1}, 7), at=SEVEN)
    assert (len(draft.picks), draft.issue.introduction) == (3, "")
    plan.refresh_from_db()
    assert plan.frozen_at is None


def test_an_issue_that_nobody_got_freezes_nothing(make_due, make_plan, make_paper):
    plan = make_plan()
    assert issues.open_today(make_due(), at=SEVEN) is None
    plan.refresh_from_db()
    assert plan.frozen_at is None

    make_paper(topics=["agents"])
    assert issues.open_today(Subscriber.objects.get(), at=SEVEN)
    plan.refresh_from_db()
    assert plan.frozen_at == SEVEN


def test_an_opening_that_fails_freezes_nothing(make_due, make_plan, three, monkeypatch):
    plan = make_plan()
    make_due()

    def fail(*args, **options):
        raise ValueError("broken")

    monkeypatch.setattr(opening, "pick_all", fail)
    assert issues.open_due(at=SEVEN) == 0
    plan.refresh_from_db()
    assert (plan.frozen_at, Issue.objects.count()) == (None, 0)


@pytest.mark.django_db(transaction=True)
def test_workers_that_open_at_once_follow_one_plan(make_due, make_plan, three, monkeypatch):
    make_plan([(three[0], "exclude")])
    for _ in range(6):
        make_due()
    monkeypatch.setattr(issues, "READERS_AT_ONCE", 2)
    written = in_threads([partial(issues.open_due, at=SEVEN)] * 3)
    assert (len(written), sum(written)) == (3, 6)
    assert [titles(delivery) for delivery in Delivery.objects.all()] == [["Warm", "Cold"]] * 6


@pytest.mark.django_db(transaction=True)
def test_an_issue_waits_for_the_editor_who_is_saving(make_due, make_plan, three):
    """And then has what he saved."""
    plan = make_plan()
    make_due()

    def edit() -> None:
        with transaction.atomic():
            held = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
            time.sleep(0.3)
            held.placements.create(paper=three[0], act=Act.EXCLUDE)

    def open_meanwhile() -> int:
        time.sleep(0.1)
        return issues.open_due(at=SEVEN)

    assert len(in_threads([edit, open_meanwhile])) == 2
    connection.close()
    assert titles(Delivery.objects.get()) == ["Warm", "Cold"]
