"""The newsletter app: issues and their delivery."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register

from newsletter import checks


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        register(checks.sender, "mail")
        register(checks.postal_address, "mail", deploy=True)
        register(checks.webhook_password, "mail", deploy=True)
