"""Check the mails of an issue, or saved ones, as the gate does before an issue is sent."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from newsletter import gate, lint
from newsletter.lint import Finding
from newsletter.models import Issue
from papers.models import Paper

ARXIV_ID = re.compile(rb"arxiv\.org/abs/(\d{4}\.\d{4,5})")


class Command(BaseCommand):
    help = "Check a sample of an issue's mails, or saved mails; fails if one must not be sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE.eml")
        parser.add_argument("--issue", metavar="SLUG", help="daily-20260317")

    def handle(self, *, files: Sequence[Path], issue: str | None, **options: Any) -> None:
        if bool(files) == bool(issue):
            raise CommandError("name files, or one issue")
        found = self.issue(issue) if issue else [f for path in files for f in self.file(path)]
        if any(finding.is_hard for finding in found):
            raise CommandError("not to be sent")

    def issue(self, slug: str) -> list[Finding]:
        report = gate.examine(_find(slug), at=now())
        self.stdout.write(f"{slug}: {report.mails} mails looked at")
        for row in report.rows():
            kind = "" if row["is_hard"] else " (soft)"
            self.stdout.write(f"  {row['number']}{kind}, {row['mails']} mails: {row['message']}")
        return report.findings

    def file(self, path: Path) -> list[Finding]:
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CommandError(str(error)) from error
        mail = raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")  # as most programs save
        ids = {found.decode() for found in ARXIV_ID.findall(mail)}
        papers = list(Paper.objects.filter(arxiv_id__in=ids))
        found = lint.check(mail, site=gate.site(papers), quoted=gate.quoted(papers))
        self.stdout.write(f"{path}: {len(found)} findings")
        for finding in found:
            self.stdout.write(f"  {finding}")
        return found


def _find(slug: str) -> Issue:
    cadence, _, day = slug.rpartition("-")
    try:
        return Issue.objects.get(cadence=cadence, on=datetime.strptime(day, "%Y%m%d").date())  # noqa: DTZ007
    except (ValueError, Issue.DoesNotExist) as error:
        raise CommandError(f"no issue {slug}") from error
