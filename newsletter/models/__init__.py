"""Issues, the ledger of their deliveries, what became of those, and who was sent what."""

from __future__ import annotations

from newsletter.models.balance import Balance
from newsletter.models.delivery import Delivery, DeliveryQuerySet
from newsletter.models.events import Event, EventQuerySet, SoftBounce, Webhook
from newsletter.models.issue import SLUG_DAY, Alarm, Inspection, Issue, IssueQuerySet
from newsletter.models.plan import Placement, Plan, PlanQuerySet
from newsletter.models.rehearsal import Rehearsal
from newsletter.models.rendering import Card, Frozen, Shell
from newsletter.models.sent import Sent, SentQuerySet
from newsletter.models.tally import Link, Sight, Tally

__all__ = [
    "SLUG_DAY",
    "Alarm",
    "Balance",
    "Card",
    "Delivery",
    "DeliveryQuerySet",
    "Event",
    "EventQuerySet",
    "Frozen",
    "Inspection",
    "Issue",
    "IssueQuerySet",
    "Link",
    "Placement",
    "Plan",
    "PlanQuerySet",
    "Rehearsal",
    "Sent",
    "SentQuerySet",
    "Shell",
    "Sight",
    "SoftBounce",
    "Tally",
    "Webhook",
]
