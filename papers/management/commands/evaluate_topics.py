"""Measure how well topics are found, on files that somebody labelled."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from papers import catalogue, classify
from papers.evaluation import categories, labelled
from papers.evaluation import labels as files
from papers.evaluation.figures import Interval, Tally
from papers.models import Topic
from papers.topics import Classifier


class Command(BaseCommand):
    help = (
        "Measure how well topics are found.  --papers and --labels: a JSON list of papers "
        '({"n", "title", "abstract"}) and one of labels ({"n", "either", "both"}); a topic is '
        "right if either reader gave it, and missed if both did.  --categories: papers of "
        "arXiv, divided by time; the model is trained on the earlier ones to find groups of "
        "their categories."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--papers", type=Path, help="papers, numbered")
        parser.add_argument("--labels", type=Path, help="their labels")
        parser.add_argument("--categories", type=Path, help="papers with arXiv categories")
        parser.add_argument("--rules-only", action="store_true", help="without the model")
        parser.add_argument(
            "--site",
            action="store_true",
            help="measure the topics and the model of this site, not the shipped ones",
        )
        parser.add_argument("--mistakes", action="store_true", help="name what is wrong, too")

    def handle(self, **options: Any) -> None:
        if bool(options["papers"]) != bool(options["labels"]):
            raise CommandError("--papers and --labels belong together")
        if not options["papers"] and not options["categories"]:
            raise CommandError("name --papers and --labels, or --categories")
        try:
            if options["papers"]:
                self._labelled(_classifier(**options), **options)
            if options["categories"]:
                self._categories(options["categories"])
        except (files.BadFile, ValueError) as error:
            raise CommandError(str(error)) from error

    def _labelled(
        self, classifier: Classifier, *, papers: Path, labels: Path, mistakes: bool, **options: Any
    ) -> None:
        slugs = [rule.slug for rule in classifier.rules]
        texts = files.texts(papers, is_numbered=True)
        given = files.labels(labels, slugs=slugs)
        tally, wrong = labelled.tally(texts, given, classifier=classifier)
        self.stdout.write(f"papers: {papers}, {len(texts)} records")
        self.stdout.write(f"labels: {labels}, {len(given)} records")
        self._show(tally, slugs)
        for mistake in wrong if mistakes else ():
            what = f"not {mistake.slug}: {mistake.reason}" if mistake.reason else mistake.slug
            self.stdout.write(f"  {'+' if mistake.reason else '-'} {what} | {mistake.title}")

    def _categories(self, path: Path) -> None:
        papers = files.texts(path)
        parts = categories.split(papers)
        pools = "days" if parts.has_days else f"{categories.POOL} papers in a row"
        self.stdout.write(f"papers: {path}, {len(papers)} records")
        self.stdout.write(
            f"trained on the earlier {len(parts.earlier)}, measured on the later "
            f"{len(parts.later)}; NDCG@5 within {pools}"
        )
        rules = [topic.rule for topic in catalogue.load()]
        for outcome in categories.evaluate(parts, rules=rules):
            self.stdout.write(f"\n{outcome.name}")
            self._show(outcome.tally, list(categories.GROUPS))
            self.stdout.write(f"NDCG@5    {outcome.ndcg:.3f} {_between(outcome.ndcg_interval)}")

    def _show(self, tally: Tally, names: list[str]) -> None:
        self.stdout.write(f"{'':24}{'P':>7}{'R':>7}{'F1':>7}{'said':>7}{'support':>9}")
        for column, name in enumerate(names):
            score, said = tally.topic(column), int(tally.predicted[:, column].sum())
            self.stdout.write(
                f"{name:24}{score.precision:7.3f}{score.recall:7.3f}{score.f1:7.3f}"
                f"{said:7}{tally.support(column):9}"
            )
        micro, spread = tally.micro(), tally.intervals()
        figures = {"micro": (micro.precision, micro.recall, micro.f1), "macro": tally.macro()}
        for kind, values in figures.items():
            for what, value in zip(("P", "R", "F1"), values, strict=True):
                name = f"{kind} {what}"
                self.stdout.write(f"{name:10}{value:.3f} {_between(spread[name])}")


def _classifier(*, site: bool, rules_only: bool, **options: Any) -> Classifier:
    topics = Topic.objects.active() if site else catalogue.load()
    model = classify.active_model() if site else catalogue.model()
    return Classifier([topic.rule for topic in topics], None if rules_only else model)


def _between(interval: Interval) -> str:
    return f"({interval.low:.3f} to {interval.high:.3f} in 95 of 100 resamplings)"
