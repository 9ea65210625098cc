from __future__ import annotations

import io
import json
from datetime import date

import pytest
import time_machine
from django.core.management import CommandError, call_command

from papers import sources
from papers.management.commands.ingest_papers import Progress
from papers.models import Ingestion, Paper
from papers.sources import PaperRecord, Refused, SourceError

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tuesday"),
]


@pytest.fixture
def tuesday():
    with time_machine.travel("2026-03-17 12:00:00+00:00", tick=False):
        yield


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Stub:
    """A source that notes what it is asked for, and gives `items`, then `error`."""

    def __init__(self):
        self.items, self.error, self.asked = [], None, None

    def fetch(self, *, since, until):
        self.asked = (since, until)
        yield from self.items
        if self.error:
            raise self.error

    def read(self, path, *, listed_on):
        self.asked = (path.name, listed_on)
        yield from self.items


@pytest.fixture
def source(monkeypatch):
    stub = Stub()
    monkeypatch.setattr(sources, "load", lambda name: stub)
    return stub


@pytest.fixture
def run(capsys):
    """Run a command; return what it wrote to stdout and to stderr, and its exit status."""

    def run(*words):
        status = 0
        try:
            call_command(*words)
        except CommandError as error:
            status = error.returncode
        captured = capsys.readouterr()
        return captured.out, captured.err, status

    return run


def record(number=1):
    return PaperRecord(title=f"Skating robots {number}", place=f"record {number}")


def test_a_summary_says_what_became_of_the_records(source, run):
    source.items = [record(1), record(2)]
    assert run("ingest_papers", "arxiv") == (
        "arxiv: 2 created, 0 updated, 0 unchanged, 0 refused\n", "", 0,
    )  # fmt: skip
    assert run("ingest_papers", "arxiv")[0].startswith("arxiv: 0 created, 0 updated, 2 unchanged")


@pytest.mark.parametrize(
    ("options", "since", "until"),
    [
        ([], date(2026, 3, 10), date(2026, 3, 17)),
        (["--since", "2026-03-01"], date(2026, 3, 1), date(2026, 3, 17)),
        (["--date", "2026-03-12"], date(2026, 3, 12), date(2026, 3, 12)),
    ],
)
def test_options_say_for_which_days_to_ask(source, run, options, since, until):
    run("ingest_papers", "huggingface", *options)
    assert source.asked == (since, until)


@pytest.mark.parametrize(
    ("options", "day"),
    [
        ([], None),
        (["--date", "2026-03-12"], date(2026, 3, 12)),
        (["--list-date", "2026-03-12"], date(2026, 3, 12)),
    ],
)
def test_a_file_is_read_instead(source, run, options, day):
    run("ingest_papers", "page", "--file", "saved/page.html", *options)
    assert source.asked == ("page.html", day)
    assert Ingestion.objects.get().place == "saved/page.html"


def test_refused_records_are_named_and_the_others_stored(source, run):
    source.items = [record(1), Refused("page.html, line 9", "it is torn")]
    out, err, status = run("ingest_papers", "page", "--file", "page.html")
    assert "1 created" in out
    assert "1 refused" in out
    assert "refused: page.html, line 9: it is torn\n" in err
    assert (Paper.objects.count(), status) == (1, 3)


def test_an_unreadable_source_is_one_clear_message(source):
    source.error = SourceError("the line went dead")
    with pytest.raises(CommandError, match=r"^arxiv: the line went dead$") as caught:
        call_command("ingest_papers", "arxiv")
    assert caught.value.returncode == 1


def test_a_missing_file_stores_nothing():
    with pytest.raises(CommandError, match="no-such-page"):
        call_command("ingest_papers", "page", "--file", "no-such-page.html")
    assert Paper.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-source"], "invalid choice"),
        (["arxiv", "--since", "12.3.2026"], "'12.3.2026' is not a date such as 2026-03-16"),
        (["arxiv", "--date", "2026-03-18"], "2026-03-18 lies in the future"),
        (["arxiv", "--since", "2026-03-01", "--date", "2026-03-01"], "not both"),
        (["arxiv", "--since", "2026-03-01", "--file", "a"], "not allowed with"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(words, message):
    with pytest.raises(CommandError, match=message):
        call_command("ingest_papers", *words)
    assert Ingestion.objects.count() == 0


def test_the_exit_status_is_documented(capsys):
    with pytest.raises(SystemExit):
        call_command("ingest_papers", "--help")
    assert "3 if some records were refused" in " ".join(capsys.readouterr().out.split())


def test_on_a_terminal_progress_is_one_line_that_changes(source):
    source.items = [record(number) for number in range(1, 26)]
    terminal = Terminal()
    call_command("ingest_papers", "arxiv", stdout=io.StringIO(), stderr=terminal, no_color=True)
    assert terminal.getvalue() == "\r10 records read\r20 records read\n"


def test_in_a_log_progress_is_a_line_now_and_then():
    log = io.StringIO()
    progress = Progress(log)
    for number in range(1, 2_500):
        progress.show(number)
    progress.end()
    assert log.getvalue().count("records read") == 2


def test_the_bundled_sample_can_be_read_twice(run):
    run("ingest_papers", "sample")
    papers = Paper.objects.count()
    assert papers > 50
    assert not Paper.objects.filter(topics=None).exists()
    assert run("ingest_papers", "sample")[0] == (
        f"sample: 0 created, 0 updated, {papers} unchanged, 0 refused\n"
    )


def test_a_saved_list_is_read_from_disk(tmp_path, run):
    paper = {"id": "2603.00001", "title": "Skating robots", "summary": "We skate.", "upvotes": 7}
    path = tmp_path / "2026-03-16.json"
    path.write_text(json.dumps([{"paper": paper, "numComments": 2}]))
    _, err, status = run("ingest_papers", "huggingface", "--file", str(path))
    assert (err, status) == ("", 0)
    stored = Paper.objects.get()
    assert (stored.votes, stored.comments, stored.listed_on) == (7, 2, date(2026, 3, 16))


@pytest.mark.parametrize(
    ("options", "count"), [([], 2), (["--date", "2026-03-16"], 1), (["--date", "2026-03-01"], 0)]
)
def test_scores_are_computed_again(make_paper, run, options, count):
    for day in (16, 17):
        make_paper(listed_on=date(2026, 3, day), trend_score=0)
    assert run("score_papers", *options) == (f"{count} papers scored\n", "", 0)
    assert Paper.objects.filter(trend_score__gt=0).count() == count


def a_saved_list(folder, day, *votes):
    items = [
        {"paper": {"id": f"2601.{day:02}{number:03}", "title": f"Paper {number}", "upvotes": count}}
        for number, count in enumerate(votes)
    ]
    (folder / f"2026-01-{day:02}.json").write_text(json.dumps(items))


def test_trending_is_evaluated_on_saved_lists(run, tmp_path):
    for day in range(5, 11):
        a_saved_list(tmp_path, day, 50, 20, 9, 4, 1, 0)
    out, _, status = run("evaluate_trending", "--days", str(tmp_path), "--since", "2026-01-06")
    assert status == 0
    assert "2026-01-05.json: 6 records" in out
    assert "6 lists from 2026-01-05 to 2026-01-10, 36 papers" in out
    assert "Cold start: lists from 2026-01-06 on" in out
    for contestant in ("ours", "raw votes", "Hacker News", "random"):
        assert f"\n  {contestant} " in out


def test_trending_is_evaluated_on_snapshots(run, tmp_path):
    votes = {f"2601.{number:05}": number for number in range(6)}
    later = {paper: 2 * count for paper, count in votes.items()}
    path = tmp_path / "votes.json"
    rows = [["2026-01-05T17:00:00Z", votes, ""], ["2026-01-06T09:00:00Z", later, ""]]
    path.write_text(json.dumps({"2026-01-05": rows, "2026-01-06": []}))
    out, _, status = run("evaluate_trending", "--snapshots", str(path))
    assert status == 0
    assert "votes.json: 2 lists, 1 of them at several moments" in out
    assert "1 lists, 6 papers" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "say what to measure"), (["--days", "/nowhere.jsonl"], "/nowhere.jsonl cannot be read")],
)
def test_what_cannot_be_evaluated_is_said(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("evaluate_trending", *arguments)
