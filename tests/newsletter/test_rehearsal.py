"""An issue gone through without sending it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter import issues
from newsletter.matching.block import Picks
from newsletter.matching.pool import Candidate, Pool
from newsletter.matching.readers import Interests, Readers
from newsletter.models import Delivery, Issue, Plan, Rehearsal
from newsletter.picks import PACKED
from newsletter.rehearsal import running, speed
from newsletter.rehearsal.counts import Counts
from subscriptions.lanes import LANES
from subscriptions.models import Gate, Subscriber
from subscriptions.phrases import wish
from subscriptions.verdicts import State
from tests.newsletter.issue_steps import DAY, SEVEN, TUESDAY

MONDAY = date(2026, 3, 16)


def rehearse(cadence="daily", on=TUESDAY):
    return running.run(cadence, on, at=SEVEN)


@pytest.fixture
def crowd(make_due, make_paper, make_topic):
    """Four readers: of two papers, of one, of none, and of no topic."""
    both, one = make_paper("Both", topics=["agents"]), make_paper("One", topics=["vision"])
    make_paper("Nobody's", topics=["safety"])
    make_due(state="unsubscribed")
    make_due(topics=["agents", "vision"], length=2, email="ada@gmail.com")
    make_due(topics=["agents"], length=5)
    reader = make_due(topics=["robotics"])
    reader.interests.create(topic=make_topic("safety"), weight=0)
    make_due(topics=[])
    return both, one


def test_readers_papers_and_topics_are_counted(crowd, make_topic):
    both, one = crowd
    assert rehearse() == {
        "recipients": 2,
        "skipped": 2,
        "few": 1,  # one paper of five
        "again": 0,
        "readers": [2, 1, 1],
        "candidates": 3,
        "unsent": 1,
        "papers": [[both.pk, 2], [one.pk, 1]],
        "topics": [[make_topic("robotics").pk, 1]],
        "topicless": 1,
        "lanes": {"gmail": 1, "other": 1},
        "already": 0,
        "seconds": None,
        "daily_cap": None,
    }


def test_blocks_of_readers_add_up(crowd, monkeypatch):
    whole = rehearse()
    monkeypatch.setattr(running, "READERS_AT_ONCE", 1)
    seen = []
    assert running.run("daily", TUESDAY, at=SEVEN, progress=lambda *a: seen.append(a)) == whole
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_opening_then_writes_what_was_foretold(crowd, make_due, make_paper):
    make_paper("Cold fusion")
    wish(make_due(topics=[]), keywords=["fusion"], excluded=[], authors=[])
    found = rehearse()
    issues.open_due(at=SEVEN)
    rows = Delivery.objects.all()
    assert rows.filter(state=State.PENDING).count() == found["recipients"] == 3
    assert rows.filter(state=State.SKIPPED).count() == found["skipped"]
    counts = np.bincount([len(row.picks) for row in rows])
    assert counts.tolist() == found["readers"]
    sent = [pk for row in rows for pk in row.paper_ids]
    assert {pk: sent.count(pk) for pk in sent} == dict(found["papers"])


def test_nothing_is_written(crowd):
    before = list(Subscriber.objects.order_by("pk").values())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rehearse()
    verbs = {query["sql"].split()[0] for query in queries}
    assert verbs <= {"SELECT", "COPY", "(SELECT"}, verbs
    assert list(Subscriber.objects.order_by("pk").values()) == before
    assert not Issue.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "unsubscribed"},
        {"state": "pending"},
        {"cadence": "weekly"},
        {"wants_mail": False},
        {"paused_on": MONDAY, "paused_until": TUESDAY + DAY},
        # Four days are more than the lists of a daily issue: he is told by the weekly one.
        {"paused_on": TUESDAY - 4 * DAY, "paused_until": TUESDAY, "catches_up": True},
    ],
)
def test_whoever_would_not_have_it_is_not_counted(make_due, make_paper, fields):
    make_paper(topics=["agents"])
    make_due()
    make_due(**fields)
    assert rehearse()["readers"] == [0, 1]


def test_whose_pause_is_over_is_counted(make_due, make_paper):
    make_paper(topics=["agents"])
    make_due(paused_on=MONDAY, paused_until=TUESDAY)
    assert rehearse()["recipients"] == 1


@pytest.mark.parametrize(
    ("cadence", "on", "count"),
    [
        ("weekdays", date(2026, 3, 20), 1),
        ("weekdays", date(2026, 3, 21), 0),
        ("weekly", date(2026, 3, 17), 1),
        ("weekly", date(2026, 3, 18), 0),
        ("monthly", date(2026, 3, 3), 1),
        ("monthly", date(2026, 3, 17), 0),
    ],
)
def test_only_dates_of_the_cadence_have_readers(make_due, cadence, on, count):
    make_due(cadence=cadence, weekday=1)
    found = rehearse(cadence, on)
    assert found["recipients"] + found["skipped"] == count


def test_whoever_has_it_already_is_left_out(make_due, make_paper):
    make_paper(topics=["agents"])
    make_due()
    issues.open_due(at=SEVEN)
    make_due()
    found = rehearse()
    assert (found["already"], found["recipients"]) == (1, 1)


def test_papers_that_are_on_the_way_are_not_counted_again(make_due, make_paper):
    make_paper(topics=["agents"])
    make_due()
    issues.open_due(at=SEVEN)
    assert rehearse(on=TUESDAY + DAY)["skipped"] == 1


def test_the_time_is_that_of_the_slowest_stream(crowd, settings):
    settings.MAIL_RATES = {"gmail": 0.5, "all": 4}
    Gate.objects.create(stream="gmail", pace=0.25)
    settings.WARM_UP_SINCE = TUESDAY
    found = rehearse()
    assert (found["seconds"], found["daily_cap"]) == (8, 200)


@pytest.mark.parametrize(
    ("rates", "seconds"),
    [({}, None), ({"all": 10}, 3), ({"gmail": 5, "all": 10}, 4), ({"apple": 1}, 0)],
)
def test_rates_are_of_lanes_or_of_all(rates, seconds):
    assert speed.seconds({"gmail": 20, "other": 10}, rates=rates, paces={}) == seconds


def test_a_row_of_more_papers_than_before_widens_the_counts():
    pool = Pool.of([Candidate(paper_id, 0.5, {7: 0.9}) for paper_id in (11, 12)])

    def block(*papers):
        rows = np.zeros(sum(papers), PACKED)
        rows["paper"] = [11 + place for count in papers for place in range(count)]
        return Picks(rows, np.array(papers))

    def readers(count):
        topics = Interests(np.arange(count), np.full(count, 7), np.full(count, 100))
        return Readers(np.full(count, 4), np.zeros(count, "i8"), topics)

    counts = Counts()
    for papers in ((0, 1), (2, 2, 0), (0,)):
        lanes = np.full(len(papers), LANES.index("apple"))
        counts.add(readers(len(papers)), block(*papers), lanes=lanes, pool=pool)
    assert counts.readers.tolist() == [3, 1, 2]
    assert counts.papers.tolist() == [3, 2]
    assert (counts.topics, counts.topicless) == ({7: 3}, 0)
    assert counts.by_lane() == {"apple": 3}
    assert counts.few == 1  # half of four is enough


@pytest.mark.parametrize(("day", "at"), [(17, SEVEN), (16, None), (18, None)])
def test_another_date_is_taken_at_its_noon(day, at):
    on = date(2026, 3, day)
    noon = datetime(2026, 3, day, 12, tzinfo=UTC)
    assert running.moment(on, now=SEVEN) == (at or noon)


@pytest.fixture
def command(capsys):
    def call(cadence="daily", on="2026-03-17"):
        call_command("rehearse_issue", "--cadence", cadence, "--on", on)
        said = capsys.readouterr()
        return said.out.splitlines(), said.err.splitlines()

    return call


def test_the_command_shows_how_far_it_is_and_what_it_found(crowd, command):
    said, progress = command()
    assert progress == ["0 of 4 readers", "4 of 4 readers"]
    assert said == [
        "Every day, 17 March 2026: 2 readers get a mail, 2 get none",
        "1 get fewer than half of the papers that they wish for",
        "no rates are set, so nothing is known of the time",
        "",
        "  papers   readers",
        "       0         2",
        "       1         1",
        "       2         1",
        "",
        "3 papers, 1 of them for nobody; most get",
        "         2  Both",
        "         1  One",
        "",
        "who get none follow (1 follow no topic)",
        "         1  Robotics & embodied AI",
    ]


def test_the_figures_are_kept(crowd, command):
    command()
    kept = Rehearsal.objects.get()
    assert (kept.cadence, kept.on, kept.done, kept.total) == ("daily", TUESDAY, 4, 4)
    assert kept.finished_at - kept.started_at < timedelta(minutes=1)
    assert (kept.result["readers"], kept.error) == ([2, 1, 1], "")
    assert "ada@" not in str(kept.result)


def test_times_and_caps_and_who_has_it_are_said(crowd, command, settings):
    issues.open_due(at=SEVEN)
    settings.MAIL_RATES, settings.WARM_UP_SINCE = {"all": 1}, TUESDAY
    said, _ = command()
    assert said[1] == "4 have it already"
    assert said[3:5] == [
        "sending takes 0:00:00 at the present rates",
        "a new sender may send 200 on that day",
    ]


def test_what_stopped_it_is_kept_without_its_words(crowd, monkeypatch):
    def fail(*args, **options):
        raise RuntimeError("ada@gmail.com")

    monkeypatch.setattr(running, "pick_all", fail)
    with pytest.raises(RuntimeError):
        running.rehearse("daily", TUESDAY)
    kept = Rehearsal.objects.get()
    assert (kept.error, kept.result, kept.done) == ("RuntimeError", {}, 0)
    assert kept.finished_at


@pytest.mark.parametrize("arguments", [("yearly", "2026-03-17"), ("daily", "17 March")])
def test_what_is_no_issue_is_said(command, arguments):
    with pytest.raises(CommandError):
        command(*arguments)


def test_a_dry_run_follows_the_plan_of_the_issue(make_due, make_paper):
    make_due()
    kept, left_out = (make_paper(title, topics=["agents"]) for title in ("Kept", "Left out"))
    plan = Plan.objects.create(cadence="daily", on=TUESDAY)
    plan.placements.create(paper=left_out, act="exclude")
    assert rehearse()["papers"] == [[kept.pk, 1]]


def test_who_reads_by_feed_gets_none(make_due, make_paper):
    make_paper("One", topics=["agents"])
    make_due(wants_mail=False, next_digest_at=None)
    assert rehearse()["recipients"] == 0
