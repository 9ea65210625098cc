"""Digests of real papers, each composed, written as on the wire, and checked.

`bench/bench_lint.py 10000 --papers FOLDER`.  Without the files of `bench.corpus` in the folder
the bundled sample is used.  Fails if a mail must not be sent.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import django

FOLDER = tempfile.TemporaryDirectory(prefix="nl-")
os.environ.update(
    DATABASE_URL=f"sqlite:///{FOLDER.name}/db.sqlite3",
    DJANGO_SETTINGS_MODULE="newsletter.config.settings",
    MAIL_FROM="Trending Papers <digest@news.example.org>",
    MAIL_REPLY_TO="editors@example.org",
    POSTAL_ADDRESS="1 Example Street, Exampletown",
    SECRET_KEY=secrets.token_urlsafe(50),
    SITE_URL="https://news.example.org",
)
django.setup()

# ruff: noqa: E402  # the path, then the settings, then the models
from django.db import connection
from django.utils.timezone import now

from bench import corpus, figures
from newsletter import compose, gate, lint
from newsletter.lint.reading import read
from newsletter.models import Delivery
from papers.models import Paper

AT_ONCE = 500


class Tally:
    """What was seen, and how long it took."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.mails: Counter[tuple[int, bool]] = Counter()
        self.examples: dict[tuple[int, bool], str] = {}
        self.composing = self.checking = 0.0

    def look(self, some: list[Delivery]) -> None:
        papers = Paper.objects.in_bulk({pk for delivery in some for pk in delivery.paper_ids})
        began = time.perf_counter()
        write = compose.compose_all(some)
        mails = [write(delivery).wire() for delivery in some]
        self.composing += time.perf_counter() - began
        for delivery, mail in zip(some, mails, strict=True):
            own = [papers[pk] for pk in delivery.paper_ids]
            site, words = gate.site(own), gate.quoted(own, " ".join(corpus.WORDS))
            began = time.process_time()
            found = lint.check(mail, site=site, at=now(), quoted=words)
            self.checking += time.process_time() - began
            self.sizes.append(len(read(mail).html.encode()))
            self.mails.update({(finding.number, finding.is_hard) for finding in found})
            for finding in found:
                self.examples.setdefault((finding.number, finding.is_hard), finding.message)

    def show(self, title: str) -> None:
        count, sizes = len(self.sizes), sorted(self.sizes)
        lines = [
            title,
            f"HTML bytes: p50 {sizes[count // 2]:,}, p99 {sizes[count * 99 // 100]:,}",
            f"HTML bytes: max {sizes[-1]:,}",
            f"composed in {self.composing:.1f} s",
            f"checked in {self.checking:.1f} s of one core ({count / self.checking:.0f} mails/s)",
            f"mails with a finding, by check: {sum(self.mails.values())}",
        ]
        for (number, is_hard), mails in sorted(self.mails.items()):
            kind = "hard" if is_hard else "soft"
            lines.append(f"  {number:2} {kind} {mails:6}: {self.examples[number, is_hard]}")
        sys.stdout.write("\n".join(lines) + "\n")


def main(mails: int, folder: Path) -> int:
    connection.settings_dict["TEST"]["NAME"] = f"{FOLDER.name}/test.sqlite3"
    connection.creation.create_test_db(verbosity=0)
    papers = corpus.store_papers(folder)
    tally, rest = Tally(), corpus.deliveries(mails)
    while some := list(islice(rest, AT_ONCE)):
        tally.look(some)
    tally.show(f"{figures.machine()}, {mails} mails of {papers} papers")
    return int(any(is_hard for _, is_hard in tally.mails))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mails", nargs="?", type=int, default=10_000)
    parser.add_argument("--papers", type=Path, default=corpus.FOLDER, metavar="FOLDER")
    options = parser.parse_args()
    sys.exit(main(options.mails, options.papers))
