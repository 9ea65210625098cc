"""How matching is measured: files, the protocol, the measures, and the command."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from io import StringIO
from random import Random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from newsletter.trial import interests, mails, measures, protocol, records
from newsletter.trial.records import BadLine, Record
from papers.topics import Rule

MONDAY = date(2026, 1, 5)
ABOUT = {
    "robotics": "robot manipulation grasping policy locomotion gripper dexterous humanoid",
    "speech and audio": "speech recognition acoustic speaker audio spoken voice synthesis",
    "video": "video frames temporal clips motion generation camera footage",
}
SAID = {"robotics": "Robotic grasping", "speech and audio": "ASR", "video": "video captioning"}


def paper(number, *, day, about, votes=0):
    """A paper whose keyword names its interest and whose abstract has words of it."""
    random = Random(number)
    words = random.choices(ABOUT[about].split(), k=25)
    return Record(
        f"2601.{number:05}", day, f"{words[0]} {number}", " ".join(words), votes,
        keywords=(SAID[about],),
    )  # fmt: skip


def weeks(count, *, each=30):
    """So many weeks of papers on the three interests in turn."""
    names = list(ABOUT)
    return [
        paper(
            1000 * week + n, day=MONDAY + timedelta(7 * week + n % 5), about=names[n % 3], votes=n
        )
        for week in range(count)
        for n in range(each)
    ]


def line(**changes):
    row = {"id": "2601.00001", "list_date": "2026-01-05", "title": "Robots", "summary": "Walk."}
    return json.dumps({key: value for key, value in (row | changes).items() if value is not None})


# --- files ----------------------------------------------------------------------------


def test_a_line_of_a_list_is_read():
    read = records.parse(line(upvotes=7, num_comments=None, ai_keywords=["RL"], github_stars=4))
    assert read == Record("2601.00001", MONDAY, "Robots", "Walk.", 7, 0, ("RL",))


def test_a_line_of_arxivs_metadata_is_read_and_has_the_day_of_its_month():
    read = records.parse(line(list_date=None, categories=["cs.RO", "68T40"]))
    assert (read.day, read.categories) == (date(2026, 1, 1), ("cs.RO", "68T40"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        (line(title=None), "title is not a text"),
        (line(title=3), "title is not a text"),
        (line(summary=" "), "summary is not a text"),
        (line(id=None), "id is not a text"),
        (line(list_date="yesterday"), "list_date is not a date"),
        (line(list_date=None, id="cs/0601001"), "there is no list_date"),
        (line(upvotes=-1), "upvotes is not a count"),
        (line(upvotes="7"), "upvotes is not a count"),
        (line(ai_keywords="RL"), "ai_keywords is not a list of texts"),
        (line(title="x" * records.MOST_LINE), "more than 1,000,000 characters"),
    ],
)
def test_a_line_that_is_no_paper_says_why(text, said):
    with pytest.raises(BadLine, match=said):
        records.parse(text)


def test_bad_lines_are_named_and_the_others_kept(tmp_path):
    path = tmp_path / "papers.jsonl.gz"
    lines = [line(), "", "nonsense", line(id="2601.00002"), line(list_date="2025-12-01")]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    reading = records.read(path)
    assert [(one.id, one.day) for one in reading.records] == [
        ("2601.00001", date(2025, 12, 1)),  # as it was first listed
        ("2601.00002", MONDAY),
    ]
    assert reading.repeats == 1
    assert reading.refused == [f"{path}, line 3: it is not JSON"]


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    path = tmp_path / "papers.jsonl.gz"
    path.write_bytes(gzip.compress(line().encode())[:-9])
    with pytest.raises(OSError, match="cut off or damaged"):
        records.read(path)


# --- interests ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyword", "names"),
    [
        ("GRPO", {"reinforcement learning"}),
        ("latent Diffusion models", {"diffusion"}),
        ("video diffusion", {"video", "diffusion"}),
        ("infusion", set()),
        ("encoding", set()),
        ("KV-cache", {"long context"}),
    ],
)
def test_keywords_name_interests(keyword, names):
    record = Record("1", MONDAY, "t", "a", keywords=("benchmark", keyword))
    assert interests.of_keywords([record]) == [names]


def test_rare_categories_and_other_codes_are_no_interests(monkeypatch):
    monkeypatch.setattr(interests, "FEWEST", 2)
    made = [
        Record(str(n), MONDAY, "t", "a", categories=codes)
        for n, codes in enumerate([("cs.RO", "68T40"), ("cs.RO", "68T40", "cs.SD")])
    ]
    assert interests.of_categories(made) == [{"cs.RO"}, {"cs.RO"}]


# --- measures -------------------------------------------------------------------------


def test_a_perfect_order_has_a_gain_of_one_whatever_there_is_to_find():
    assert measures.ndcg(np.array([True, False]), of=1) == pytest.approx(1)
    assert measures.ndcg(np.array([True] * 12), of=12) == pytest.approx(1)
    assert measures.ndcg(np.array([False] * 10 + [True]), of=1) == 0


def test_a_later_place_gains_less():
    second = measures.ndcg(np.array([False, True, False]), of=1)
    assert second == pytest.approx(1 / np.log2(3))


def test_precision_counts_ten_places():
    assert measures.precision(np.array([True, True, False])) == 0.2
    assert measures.precision(np.array([False] * 10 + [True] * 5)) == 0


def test_equal_scores_are_put_in_an_order_by_chance():
    scores = np.array([1.0, 2.0, 1.0, 1.0])
    orders = {
        tuple(measures.order(scores, np.random.default_rng(n)).tolist()) for n in range(99)
    }  # fmt: skip
    assert len(orders) == 6
    assert {order[0] for order in orders} == {1}


def test_an_interval_holds_the_mean_and_is_none_where_pools_agree():
    values = np.array([[0.2, 0.4, np.nan, 0.9], [0.1, 0.5, 0.3, 0.8]])
    low, high = measures.interval(values, np.random.default_rng(1))
    assert low < np.nanmean(values) < high
    same = measures.interval(np.full((2, 4), 0.5), np.random.default_rng(1))
    assert same == pytest.approx((0.5, 0.5))


# --- the protocol ---------------------------------------------------------------------


def test_time_is_split_and_pools_are_weeks():
    trial = protocol.arrange(weeks(6), since=MONDAY + timedelta(21))
    assert trial.before.tolist() == list(range(90))
    assert [pool.tolist() for pool in trial.pools] == [
        list(range(start, start + 30)) for start in (90, 120, 150)
    ]
    assert protocol.arrange(weeks(6)).since == MONDAY + timedelta(28)


def test_papers_of_a_week_that_began_before_the_day_are_neither_liked_nor_put_in_order():
    trial = protocol.arrange(weeks(6), since=MONDAY + timedelta(23))
    assert max(trial.records[n].day for n in trial.before) < trial.since
    assert len(trial.pools) == 2


def test_thin_weeks_and_papers_without_labels_are_left_out():
    thin = [paper(9000 + n, day=MONDAY + timedelta(70), about="video") for n in range(19)]
    bare = [Record(f"x{n}", MONDAY, "t", "a") for n in range(50)]
    trial = protocol.arrange([*weeks(6), *thin, *bare])
    assert len(trial.pools) == 2
    assert len(trial.records) == 199


@pytest.mark.parametrize("made", [[], weeks(1), [Record("1", MONDAY, "t", "a")] * 300])
def test_too_few_papers_are_refused(made):
    with pytest.raises(ValueError, match="too few"):
        protocol.arrange(made)


def test_readers_like_earlier_papers_of_their_interest_and_more_likes_hold_fewer():
    trial = protocol.arrange(weeks(9), since=MONDAY + timedelta(42))
    people = protocol.readers(trial, seed=1)
    assert len(people) == 3 * protocol.READERS
    for reader in people:
        assert reader.likes.size == 30
        assert trial.is_about[reader.likes, reader.interest].all()
        assert set(reader.likes) <= set(trial.before)
    assert not np.array_equal(people[0].likes, people[1].likes)
    again = protocol.readers(trial, seed=1)
    assert all(np.array_equal(a.likes, b.likes) for a, b in zip(people, again, strict=True))


def test_likes_put_later_papers_in_order_and_votes_do_not():
    trial = protocol.arrange(weeks(9), since=MONDAY + timedelta(42))
    people = protocol.readers(trial, seed=1)
    gains = {
        name: np.nanmean(protocol.run(trial, people, scorer, likes=3, seed=1)[0])
        for name, scorer in protocol.scorers(trial, seed=1).items()
    }
    assert gains["as it is"] > 0.95
    assert gains["centroid"] > 0.95
    assert gains["votes only"] < 0.6
    assert gains["random"] < 0.6


def test_who_has_too_few_likes_is_left_out():
    trial = protocol.arrange(weeks(3), since=MONDAY + timedelta(14))  # 20 papers of an interest
    people = protocol.readers(trial, seed=1)
    scorer = protocol.scorers(trial, seed=1)["as it is"]
    assert protocol.run(trial, people, scorer, likes=10, seed=1)[0].shape == (15, 1)
    assert protocol.run(trial, people, scorer, likes=30, seed=1)[0].shape == (0, 1)
    assert mails.costs(trial, people, likes=30) == []


# --- mails ----------------------------------------------------------------------------


def test_the_more_the_trend_counts_the_less_relevance_there_is():
    trial = protocol.arrange(weeks(9, each=90), since=MONDAY + timedelta(42))
    people = protocol.readers(trial, seed=1)
    found = mails.costs(trial, people, likes=3)
    assert [cost.share for cost in found] == list(mails.SHARES)
    assert found[0].ndcg >= found[-1].ndcg
    assert all(cost.papers <= 10 and 0 <= cost.precision <= 1 for cost in found)


def test_the_cap_acts_where_one_topic_would_fill_a_mail():
    one = [
        paper(n, day=MONDAY + timedelta(n // 30 * 7), about="video", votes=9) for n in range(120)
    ]
    two = [
        paper(500 + n, day=MONDAY + timedelta(n // 30 * 7), about="robotics") for n in range(120)
    ]
    both = [Rule(name, tuple(ABOUT[name].split())) for name in ("video", "robotics")]
    trial = protocol.arrange([*one, *two])
    changed, sent = mails.caps(trial, both, seed=1)
    assert sent == mails.FOLLOWERS * len(trial.pools)
    assert 0 < changed <= sent
    assert mails.caps(protocol.arrange(one), both, seed=1)[0] == 0  # nothing else to be had


# --- the command ----------------------------------------------------------------------


def evaluate(*arguments):
    said, refused = StringIO(), StringIO()
    call_command("evaluate_matching", *arguments, stdout=said, stderr=refused)
    return said.getvalue(), refused.getvalue()


def stored(path, made):
    rows = [
        line(id=one.id, list_date=f"{one.day}", title=one.title, summary=one.abstract,
             upvotes=one.votes, ai_keywords=one.keywords)
        for one in made
    ]  # fmt: skip
    path.write_text("\n".join(rows))
    return path


def test_the_command_prints_what_was_measured_and_on_what(tmp_path):
    path = stored(tmp_path / "papers.jsonl", weeks(9))
    said, _ = evaluate("--papers", path, "--since", "2026-02-16")
    assert f"{path}: 270 papers, 0 repeated lines, 0 refused" in said
    assert "180 labelled papers before 2026-02-16 may be liked; 3 pools" in said
    for name in ("robotics", "as it is", "centroid", "votes only", "random", "the cap"):
        assert f"\n{name}" in said
    assert said == evaluate("--papers", path, "--since", "2026-02-16")[0]


def test_several_files_are_one(tmp_path):
    made = weeks(6)
    one, other = stored(tmp_path / "a.jsonl", made[:100]), stored(tmp_path / "b.jsonl", made[90:])
    said, _ = evaluate("--papers", other, "--papers", one)
    assert "120 labelled papers before 2026-02-02" in said


def test_what_was_refused_is_named(tmp_path):
    path = stored(tmp_path / "papers.jsonl", weeks(6))
    path.write_text(path.read_text() + "\nnonsense")
    said, refused = evaluate("--papers", path)
    assert "180 papers, 0 repeated lines, 1 refused" in said
    assert f"{path}, line 181: it is not JSON" in refused


def test_what_cannot_be_measured_is_an_error(tmp_path):
    path = stored(tmp_path / "papers.jsonl", weeks(1))
    for bad in (path, tmp_path / "none.jsonl"):
        with pytest.raises(CommandError):
            evaluate("--papers", bad)
