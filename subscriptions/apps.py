"""The subscriptions app: who wants what, and may we write."""

from __future__ import annotations

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"

    def ready(self) -> None:
        """Only now there are models."""
        from papers import following  # noqa: PLC0415
        from subscriptions import followers  # noqa: PLC0415

        following.register(followers)
