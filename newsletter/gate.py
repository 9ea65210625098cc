"""Look at a sample of an issue's mails before the first of them may leave, and at later ones."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Length

from newsletter import compose, history, lint, shell
from newsletter.lint import Finding, Site
from newsletter.lint.beyond import nothing_again
from newsletter.lint.links import is_fit
from newsletter.models import Delivery, Inspection, Issue, Sent
from papers.models import Paper
from subscriptions import mail
from subscriptions.composing import NotToBeSent

logger = logging.getLogger(__name__)

EXTREME, SPREAD = 5, 20  # the longest, the shortest, and as many from all over
SHOWN = 3  # messages of one check that are kept
# A slot of later time zones comes half an hour after another; to be opened takes minutes.
LOOK_AGAIN = timedelta(minutes=15)
NOT_COMPOSED = 0  # the number of a mail that could not be written or read at all


@dataclass(slots=True)
class Report:
    """What was found in a sample."""

    mails: int = 0
    findings: list[Finding] = field(default_factory=list)

    def rows(self) -> list[dict[str, object]]:
        """One row for each message, at most `SHOWN` for a check; hard ones first."""
        counts: dict[Finding, int] = defaultdict(int)
        shown: dict[tuple[int, bool], int] = defaultdict(int)
        for finding in self.findings:
            counts[finding] += 1
        rows = []
        for finding, count in sorted(
            counts.items(), key=lambda row: (not row[0].is_hard, row[0].number, -row[1])
        ):
            shown[finding.number, finding.is_hard] += 1
            if shown[finding.number, finding.is_hard] <= SHOWN:
                rows.append(
                    {
                        "number": finding.number,
                        "is_hard": finding.is_hard,
                        "message": finding.message,
                        "mails": count,
                    }
                )
        return rows

    def reason(self) -> str:
        """Why the issue is not sent, in at most 200 characters; empty if it is."""
        first: dict[int, str] = {}
        for finding in sorted(self.findings, key=lambda finding: finding.number):
            if finding.is_hard:
                first.setdefault(finding.number, finding.message)
        said = "; ".join(f"check {number}: {message}" for number, message in first.items())
        return said if len(said) <= 200 else said[:199] + "…"


def release_waiting(*, at: datetime) -> int:
    """Check every issue that waits for it and has mails to send; return how many were opened.

    Open ones that got readers since, of later time zones, are looked at again.
    """
    pending = Delivery.objects.pending().filter(issue=OuterRef("pk"))
    waiting = Issue.objects.filter(Exists(pending), state=Issue.State.CHECKING)
    opened = sum(release(issue, at=at) for issue in waiting)
    for issue in _grown(at=at):
        _judge(issue, Issue.State.OPEN, at=at)
    return opened


def release(issue: Issue, *, at: datetime) -> bool:
    """Open the issue if a sample of its mails is fit to be sent, else pause it; True if opened.

    Whoever cancels or opens it meanwhile is not overruled.
    """
    return _judge(issue, Issue.State.CHECKING, at=at)


def check_again(issue: Issue) -> bool:
    """Let a paused issue wait for another look, at mails rendered anew; True if it does.

    An edit counts for what was not sent yet; if all was, there is nothing to look at.
    """
    if not issue.deliveries.pending().exists():
        return False
    with transaction.atomic():
        if is_moved := issue.check_again():
            shell.thaw(issue)
    return is_moved


def _grown(*, at: datetime) -> list[Issue]:
    """Open issues that got readers since they were looked at, and none that a person let pass."""
    newest = Inspection.objects.filter(issue=OuterRef("pk")).order_by("-at")
    issues = Issue.objects.filter(state=Issue.State.OPEN).annotate(
        looked_at=Subquery(newest.values("at")[:1]),
        seen=Subquery(newest.values("expected")[:1]),
        found=Subquery(newest.values("findings")[:1]),
    )
    grown: QuerySet[Any] = issues.filter(
        looked_at__lte=at - LOOK_AGAIN, expected_count__gt=F("seen")
    )
    return [issue for issue in grown if not any(row["is_hard"] for row in issue.found)]


def _judge(issue: Issue, before: Issue.State, *, at: datetime) -> bool:
    """Look at a sample, and write down what came of it if the issue is still as `before`."""
    report = examine(issue, at=at)
    reason = report.reason()
    state = Issue.State.PAUSED if reason else Issue.State.OPEN
    waiting = Issue.objects.filter(pk=issue.pk, state=before)
    if not waiting.update(state=state, reason=reason):
        return False
    rows = report.rows()
    Inspection.objects.create(
        issue=issue, at=at, mails=report.mails, expected=issue.expected_count, findings=rows
    )
    if reason:
        logger.error("%s is paused: %s", issue.slug, reason)
    for row in rows:
        if not row["is_hard"]:
            logger.warning("%s, check %s: %s", issue.slug, row["number"], row["message"])
    return not reason


def examine(issue: Issue, *, at: datetime) -> Report:
    """Compose a sample of the issue's mails and check each; nothing is written or sent.

    Readers who have left meanwhile have no mail.
    """
    sample = _sample(issue.deliveries.pending())
    papers = Paper.objects.in_bulk({paper for delivery in sample for paper in delivery.paper_ids})
    had = _had(sample)
    report = Report()
    for delivery in sample:
        try:
            raw = compose.compose_all([delivery])(delivery).wire()
            found = _look(raw, delivery, papers, at=at)
            risen = {pick.paper_id for pick in delivery.picks if pick.is_again}
            his = had[delivery.subscriber_id] - risen
            again = {papers[pk].abstract_url for pk in his & papers.keys()}
            found += nothing_again(raw, already_sent=again - {""})
        except NotToBeSent:
            continue
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            logger.exception("cannot be composed: delivery %s", delivery.pk)
            wrong = f"it can be composed; {type(error).__name__}"
            found = [Finding(NOT_COMPOSED, True, wrong)]
        report.mails += 1
        report.findings += found
    return report


def _look(
    raw: bytes, delivery: Delivery, papers: Mapping[int, Paper], *, at: datetime
) -> list[Finding]:
    own = [papers[pk] for pk in delivery.paper_ids if pk in papers]
    words = quoted(own, f"{settings.SITE_NAME} {delivery.issue.introduction}")
    found = replace(site(own), counts_opens=_counts_opens(delivery))
    return lint.check(raw, site=found, at=at, quoted=words)


def _counts_opens(delivery: Delivery) -> bool:
    reader = delivery.subscriber if settings.COUNT_OPENS else None
    return reader is not None and reader.is_counted


def _sample(pending: QuerySet[Delivery]) -> list[Delivery]:
    """The longest and the shortest, and some from all over."""
    by_length = pending.order_by(Length("packed_picks"), "pk")
    found = [*by_length[:EXTREME], *by_length.reverse()[:EXTREME]]
    ends = pending.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None:
        step = max((ends["last"] - ends["first"]) // (SPREAD - 1), 1)
        starts = range(ends["first"], ends["last"] + 1, step)
        found += filter(
            None, (pending.filter(pk__gte=start).order_by("pk").first() for start in starts)
        )
    return list({delivery.pk: delivery for delivery in found}.values())


def _had(sample: Sequence[Delivery]) -> dict[int | None, set[int]]:
    """Return reader -> papers that he was sent before."""
    had: dict[int | None, set[int]] = defaultdict(set)
    readers = [delivery.subscriber_id for delivery in sample]
    for row in Sent.objects.filter(subscriber__in=readers):
        first = row.block << history.BLOCK_BITS
        had[row.subscriber_id].update((first + history.offsets(row.papers)).tolist())
    return had


def site(papers: Iterable[Paper] = ()) -> Site:
    """Our site, as the checks must know it; mail may link to whatever its papers name."""
    urls = (url for paper in papers for url in (paper.code_url, paper.project_url))
    hosts = {urlsplit(url).hostname or "" for url in urls if is_fit(url)}
    found = Site(
        origin=settings.SITE_URL,
        sender=parseaddr(settings.MAIL_FROM)[1],
        mail_domain=mail.domain(),
        postal_address=settings.POSTAL_ADDRESS,
    )
    return replace(found, link_hosts=found.link_hosts | hosts) if hosts else found


def quoted(papers: Iterable[Paper], *others: str) -> str:
    """Everything that papers say of themselves, so that it is not taken for ours."""
    said = (
        (paper.title, paper.summary, paper.abstract, " ".join(paper.authors)) for paper in papers
    )
    return " ".join([*others, *(text for texts in said for text in texts)])
