"""Measure personal ranking on papers of the past: newsletter.trial says how."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from newsletter.trial import mails, measures, protocol, records
from newsletter.trial.protocol import LIKES, Trial
from newsletter.trial.records import Reading
from papers import catalogue

SHOWN = 5  # lines that were refused


class Command(BaseCommand):
    help = "Measure how well papers are put in order for readers; changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--papers", action="append", type=Path, required=True, metavar="FILE",
            help="JSON lines or .gz, of Hugging Face's lists or arXiv's metadata; may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--since", type=date.fromisoformat, metavar="DAY",
            help="papers before it are liked, from it on put in order; default: the last third",
        )  # fmt: skip
        parser.add_argument("--seed", type=int, default=1, help="of chance; the default is 1")

    def handle(
        self, *, papers: Sequence[Path], since: date | None, seed: int, **options: Any
    ) -> None:
        try:
            readings = [records.read(path) for path in papers]
            for reading in readings:
                self.tell(reading)
            trial = protocol.arrange(_together(readings), since=since)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        people = protocol.readers(trial, seed=seed)
        self.supports(trial)
        self.ranking(trial, people, seed=seed)
        self.trend(trial, people)
        changed, sent = mails.caps(trial, [topic.rule for topic in catalogue.load()], seed=seed)
        self.say(f"\nthe cap for each topic changed {changed:,} of {sent:,} mails of 10 papers to "
                 f"{mails.FOLLOWERS} readers of 2 to {mails.MOST_FOLLOWED} topics")  # fmt: skip

    def say(self, line: str) -> None:
        self.stdout.write(line)

    def tell(self, reading: Reading) -> None:
        self.say(
            f"{reading.path}: {len(reading.records):,} papers, {reading.repeats:,} repeated lines, "
            f"{len(reading.refused):,} refused"
        )
        for line in reading.refused[:SHOWN]:
            self.stderr.write(line)

    def supports(self, trial: Trial) -> None:
        sizes = [pool.size for pool in trial.pools]
        last = trial.records[trial.pools[-1][-1]].day
        self.say(
            f"{trial.before.size:,} labelled papers before {trial.since} may be liked; "
            f"{len(sizes)} pools up to {last}, {sum(sizes):,} papers, {np.mean(sizes):.0f} each"
        )
        later = np.concatenate(trial.pools)
        self.say(f"\n{'interest':24}{'before':>8}{'in pools':>10}")
        for number, name in enumerate(trial.names):
            before, after = (
                int(trial.is_about[rows, number].sum()) for rows in (trial.before, later)
            )
            self.say(f"{name:24}{before:8,}{after:10,}")

    def ranking(self, trial: Trial, people: Sequence[protocol.Reader], *, seed: int) -> None:
        self.say("\nNDCG@10 [95 of 100 draws of the pools] and P@10, by the number of likes")
        columns = [
            f"{count} ({sum(one.likes.size >= count for one in people)} readers)" for count in LIKES
        ]
        self.say(f"{'':12}" + "".join(f"{column:>26}" for column in columns))
        for name, scorer in protocol.scorers(trial, seed=seed).items():
            cells = []
            for count in LIKES:
                gains, hits = protocol.run(trial, people, scorer, likes=count, seed=seed)
                if not np.isfinite(gains).any():
                    cells.append(f"{'-':>26}")
                    continue
                low, high = measures.interval(gains, np.random.default_rng(seed))
                said = f"{np.nanmean(gains):.3f} [{low:.3f} {high:.3f}] {np.nanmean(hits):.2f}"
                cells.append(f"{said:>26}")
            self.say(f"{name:12}" + "".join(cells))

    def trend(self, trial: Trial, people: Sequence[protocol.Reader]) -> None:
        self.say("\nmails of at most 10 papers, by the share of the trend; reasons are likes alone")
        self.say(f"{'likes':>5}{'share':>7}{'NDCG@10':>9}{'relevant':>10}{'papers':>8}")
        for count in LIKES:
            for cost in mails.costs(trial, people, likes=count):
                self.say(
                    f"{count:5}{cost.share:7.1f}{cost.ndcg:9.3f}{cost.precision:10.2f}"
                    f"{cost.papers:8.1f}"
                )


def _together(readings: Sequence[Reading]) -> list[records.Record]:
    """Return the papers of all files, each once, as the first file has it."""
    found = {paper.id: paper for reading in reversed(readings) for paper in reading.records}
    return list(found.values())
