"""The newsletter app: issues and their delivery."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate

from newsletter import checks


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        from newsletter.staff import roles  # noqa: PLC0415  # it needs models

        post_migrate.connect(roles.install, sender=self)
        register(checks.sender, "mail")
        register(checks.unsubscribe_mailbox, "mail")
        register(checks.postal_address, "mail", deploy=True)
        # These ask servers, so they run only for `check --deploy --database default`.
        for check in (checks.redis_policy, checks.connections, checks.disk):
            register(check, Tags.database, deploy=True)
        register(checks.webhook_password, "mail", deploy=True)
