"""Let a member of staff whose phone is lost set up the second factor anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from newsletter.staff import second_factor


class Command(BaseCommand):
    help = "Forget the second factor of somebody; the next sign-in asks to set it up anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="as he signs in")

    def handle(self, *, name: str, **options: Any) -> None:
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"there is nobody called {name}")
        count = second_factor.forget(user)
        self.stdout.write(f"{count} devices of {name} are forgotten")
