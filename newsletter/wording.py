"""What mails and their pages say of themselves, in the language that is active.

Whole sentences with places for names and numbers, because every language orders them anew.
"""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.models import Issue

Cadence = Issue.Cadence


def number(count: int) -> str:
    """A whole number with its thousands set apart."""
    return number_format(count, force_grouping=True)


def day(on: date) -> str:
    """A date with its weekday."""
    # Translators: how a date with its weekday is written, in Django's format characters.
    return date_format(on, _("l, j F Y"))


def subject(cadence: str, count: int, title: str) -> str:
    """What a mail is called: the edition, how many papers, and the title of the first."""
    match cadence:
        case Cadence.WEEKLY:
            said = ngettext(
                "Your week in %(count)s paper: %(title)s",
                "Your week in %(count)s papers: %(title)s",
                count,
            )
        case Cadence.MONTHLY:
            said = ngettext(
                "Your month in %(count)s paper: %(title)s",
                "Your month in %(count)s papers: %(title)s",
                count,
            )
        case _other:
            said = ngettext(
                "%(count)s paper for you: %(title)s",
                "%(count)s papers for you: %(title)s",
                count,
            )
    return said % {"count": count, "title": title}


def headline(cadence: str, count: int) -> str:
    """What stands above the papers of one reader."""
    match cadence:
        case Cadence.WEEKLY:
            said = ngettext("Your week in %(count)s paper", "Your week in %(count)s papers", count)
        case Cadence.MONTHLY:
            said = ngettext(
                "Your month in %(count)s paper", "Your month in %(count)s papers", count
            )
        case _other:
            said = ngettext("%(count)s paper for you", "%(count)s papers for you", count)
    return said % {"count": count}


def public_headline(cadence: str, count: int) -> str:
    """What stands above the papers of an edition that anybody may read."""
    match cadence:
        case Cadence.WEEKLY:
            said = ngettext("%(count)s paper of the week", "%(count)s papers of the week", count)
        case Cadence.MONTHLY:
            said = ngettext("%(count)s paper of the month", "%(count)s papers of the month", count)
        case _other:
            said = ngettext("%(count)s paper of the day", "%(count)s papers of the day", count)
    return said % {"count": count}


def span(cadence: str) -> str:
    """What a long edition is about; empty for a short one."""
    return {Cadence.WEEKLY: _("your week"), Cadence.MONTHLY: _("your month")}.get(
        Cadence(cadence), ""
    )


def left_out(count: int) -> str:
    return ngettext(
        "%(count)s more paper would not fit into this mail.",
        "%(count)s more papers would not fit into this mail.",
        count,
    ) % {"count": number(count)}


def preheader_of_one(opening: str) -> str:
    return _("%(opening)s It was picked for you, and the mail says why.") % {"opening": opening}


def preheader(count: int, second: str, third: str) -> str:
    """What mail programs show beside the subject, of a mail with `count` papers, two at least.

    Args:
        second: the title of the second paper, or a mark where it will be filled in.
        third: likewise; there is none in a mail with two.
    """
    if count == 2:
        return _("Also: %(second)s, picked for you, each with its reason.") % {"second": second}
    names = {"second": second, "third": third, "count": count - 3}
    if count == 3:
        return _("Also: %(second)s; %(third)s, picked for you, with reasons.") % names
    return (
        ngettext(
            "Also: %(second)s; %(third)s and %(count)s more picked for you, with reasons.",
            "Also: %(second)s; %(third)s and %(count)s more picked for you, with reasons.",
            count - 3,
        )
        % names
    )


def votes(count: int) -> str:
    if not count:
        return _("no votes yet")
    return ngettext("%(count)s vote", "%(count)s votes", count) % {"count": number(count)}


def heat(rank: int, count: int) -> str:
    """Say that a paper is among the first of its day, if that list is long enough to mean it."""
    if rank == 1 and count >= 3:
        return _("hottest of its day")
    for top in (3, 10):
        if 1 <= rank <= top and count >= 3 * top:
            return _("among the %(top)s hottest of its day") % {"top": top}
    return ""
