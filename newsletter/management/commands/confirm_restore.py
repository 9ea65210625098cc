"""Decide, after the database was restored from a backup, what becomes of unsent mail."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from newsletter.models import Delivery
from subscriptions import clock, restore
from subscriptions.models import Letter
from subscriptions.restore import Decision


class Command(BaseCommand):
    help = (
        "Decide, after the database was restored from a backup, what becomes of the mail that "
        "it believes unsent, and let sending go on.  Run it before workers start if the marks "
        "were lost together with the database, because then nothing is frozen by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument(
            "--park",
            dest="decision",
            action="store_const",
            const=Decision.PARK,
            help="send none of it by itself; whoever is due waits for his next digest",
        )
        choice.add_argument(
            "--resend",
            dest="decision",
            action="store_const",
            const=Decision.RESEND,
            help="send all of it, though some readers may get it a second time",
        )

    def handle(self, *, decision: Decision, **options: Any) -> None:
        entries = [Letter.objects.all(), Delivery.objects.all()]
        outcome = restore.confirm(decision, entries, at=clock.database_now())
        if not outcome.was_frozen:
            self.stdout.write("nothing was frozen")
        if decision is Decision.PARK:
            self.stdout.write(
                f"{outcome.parked:,} mails are parked; {outcome.planned:,} readers who were due "
                "wait for their next digest"
            )
        self.stdout.write("sending goes on")
