"""Train the model of topics, or say which version is in use."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from papers import catalogue, linear, training
from papers.evaluation import labels
from papers.learning import Example, Lesson
from papers.models import TopicModel
from papers.text import title_key


class Command(BaseCommand):
    help = (
        "Train the model of topics on the stored papers and take it into use if it is good; "
        "with --list or --use: name the versions, or go back to one.  With --files: write the "
        "model that is shipped, learned from the shipped topics and these labels."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="name the versions that are kept")
        what.add_argument("--use", metavar="VERSION", help='a number of --list, or "shipped"')
        what.add_argument(
            "--files", type=Path, nargs="+", help="papers as JSON (lines), gzip or not"
        )
        parser.add_argument(
            "--without", type=Path, nargs="+", default=[], help="papers to leave out"
        )
        parser.add_argument(
            "--out", type=Path, default=catalogue.MODEL, help="default: %(default)s"
        )

    def handle(self, **options: Any) -> None:
        try:
            if options["list"]:
                self._list()
            elif options["use"]:
                self._use(options["use"])
            elif options["files"]:
                self._ship(options["files"], without=options["without"], out=options["out"])
            else:
                self._say(training.train(at=now()))
        except (labels.BadFile, ValueError, OSError) as error:
            raise CommandError(str(error)) from error

    def _list(self) -> None:
        for row in TopicModel.objects.all():
            self._say(row)
        if not TopicModel.objects.active().exists():
            self.stdout.write("the shipped model is in use")

    def _use(self, version: str) -> None:
        row = None
        if version != "shipped":
            row = (
                TopicModel.objects.filter(pk=int(version)).first() if version.isdecimal() else None
            )
            if row is None:
                raise CommandError(f"there is no version {version}")
            linear.unpack(row.weights)
        training.use(row)
        self.stdout.write(f"in use from now on: {row or 'the shipped model'}")

    def _ship(self, paths: list[Path], *, without: list[Path], out: Path) -> None:
        left_out = {title_key(text.title) for path in without for text in labels.texts(path)}
        examples = {
            title_key(text.title): Example(text.title, text.abstract, text.categories)
            for path in paths
            for text in labels.texts(path)
        }
        lesson = Lesson(
            [example for key, example in examples.items() if key not in left_out],
            [topic.rule for topic in catalogue.load()],
        )
        packed = linear.pack(lesson.train())
        out.write_bytes(packed)
        self.stdout.write(f"{out}: {len(packed):,} bytes, learned from {len(lesson):,} papers")

    def _say(self, row: TopicModel) -> None:
        use = "in use" if row.is_active else "not in use"
        self.stdout.write(f"{row}, {row.corrections} corrections: {row.measured}, {use}")
