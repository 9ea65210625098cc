"""What a digest must be before it may leave: 34 checks over the bytes on the wire.  Pure.

Hard findings keep an issue from being sent; soft ones are for the operator.
Numbers 10, 11, 34 and a part of 32 need more than the mail: newsletter.lint.beyond.
"""

from __future__ import annotations

from datetime import datetime

from newsletter.lint import headers, links, markup, wording
from newsletter.lint.reading import read
from newsletter.lint.terms import PAPER_HOSTS, Check, Finding, Site

__all__ = ["CHECKS", "PAPER_HOSTS", "Check", "Finding", "Site", "check"]

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (*headers.CHECKS, *links.CHECKS, *markup.CHECKS, *wording.CHECKS),
        key=lambda check: (check.number, not check.is_hard),
    )
)


def check(
    mail: bytes, *, site: Site, at: datetime | None = None, quoted: str = ""
) -> list[Finding]:
    """Look at one mail; return what is wrong with it, by number.

    Args:
        mail: as SMTP carries it (RFC 5322, CRLF), without dot-stuffing.
        at: when it is looked at, for `Date`; None for a mail of long ago.
        quoted: titles and texts of its papers.  Marks that stand in them are theirs, not
            left over from a template.
    """
    found = read(mail, at=at, quoted=quoted)
    return [finding for row in CHECKS for finding in row(found, site)]
