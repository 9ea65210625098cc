"""Send an issue, stop it, or watch how far it is."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import gate, progress, tasks
from newsletter.models import Issue
from subscriptions import restore

PAUSED = "an operator paused it"
CANCELLED = "an operator cancelled it"


class Command(BaseCommand):
    help = (
        "Wake the workers up for an issue, or stop it, and say how far it is.  "
        "An issue is opened by itself when its readers are due."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help='such as "daily-20260317"')
        parser.add_argument("--watch", action="store_true", help="follow it until it is finished")
        parser.add_argument(
            "--every", type=float, default=2.0, metavar="SECONDS", help="between two looks"
        )
        verb = parser.add_mutually_exclusive_group()
        for name, words in (
            ("pause", "send no more of it for now"),
            ("check", "look at the mails of a paused one again, and go on if they are right now"),
            ("resume", "go on with a paused one, whatever had stopped it"),
            ("cancel", "send no more of it, ever"),
        ):
            verb.add_argument(
                f"--{name}", dest="verb", action="store_const", const=name, help=words
            )

    def handle(
        self, *, slug: str, watch: bool, every: float, verb: str | None, **options: Any
    ) -> None:
        issue = Issue.objects.by_slug(slug).first()
        if issue is None:
            raise CommandError(f"there is no issue {slug}")
        may_send = restore.may_send_by_hand()
        if verb in {"check", "resume"} and not may_send:
            raise CommandError(restore.FROZEN)
        if verb and not self.act(issue, verb):
            raise CommandError(f"it is {issue.state}, so there is nothing to {verb}")
        if not may_send:
            self.stderr.write(restore.FROZEN)
        elif issue.state in {Issue.State.OPEN, Issue.State.CHECKING}:
            tasks.ring_pump()
        self.stdout.write(_headline(issue))
        self.follow(issue, every=every if watch else None)

    def act(self, issue: Issue, verb: str) -> bool:
        match verb:
            case "pause":
                return issue.pause(PAUSED)
            case "check":
                return gate.check_again(issue)
            case "resume":
                return issue.resume()
            case _:
                return issue.cancel(CANCELLED)

    def follow(self, issue: Issue, *, every: float | None) -> None:
        """Print how far it is, once or every so many seconds until nothing is left."""
        before = progress.take(issue)
        self.show(progress.line(None, before))
        while every is not None and progress.is_going_on(issue, before):
            time.sleep(every)
            after = progress.take(issue)
            issue.refresh_from_db()
            self.show(f"{issue.state}: {progress.line(before, after)}")
            before = after
        if self.stdout.isatty():
            self.stdout.write("")

    def show(self, line: str) -> None:
        """One line that changes, or in a log one line each time."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\033[K{line}", ending="")
            self.stdout.flush()
        else:
            self.stdout.write(line)


def _headline(issue: Issue) -> str:
    reason = f" ({issue.reason})" if issue.reason else ""
    return f"{issue}: {issue.state}{reason}"
