"""What counts as an email address here, and how one address is recognised again."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext, gettext_lazy
from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # characters of an address, RFC 5321 with erratum 1690
LONGEST_LOCAL = 64  # of the part before the @, RFC 5321 4.5.3.1.1

# Mailboxes of machines and complaint desks; nobody there asked for a newsletter.
ROLES = {
    *("abuse", "bounce", "bounces", "hostmaster", "mailer-daemon", "nobody", "postmaster", "spam"),
    *("do-not-reply", "do_not_reply", "donotreply", "no-reply", "no_reply", "noreply"),
}
GMAIL = {"gmail.com", "googlemail.com"}

MALFORMED = gettext_lazy("That does not look like an email address. Please check it.")


class BadAddress(Exception):
    """The address cannot be used; the message tells the reader why."""


def normalise(raw: str, *, sender: str = "", ours: Collection[str] = ()) -> str:
    """Return the one spelling under which an address is stored: ASCII and lower case.

    Space around it is forgiven, and an international domain becomes its xn-- form.  Lower
    case everywhere: no mail service of note tells `Ann@` from `ann@`, and two subscribers
    would mean two mails to one person.

    Args:
        raw: what somebody typed; any text of any length.
        sender: the address that our mails come from; it is refused, or mails would loop.
        ours: other mailboxes that programs or people of ours read.

    Raises:
        BadAddress: with a sentence for the reader.
    """
    text = raw.strip()
    if not text:
        raise BadAddress(gettext("Please enter your email address."))
    local, separator, domain = text.partition("@")
    if not separator or not domain or len(text) > LONGEST or len(local) > LONGEST_LOCAL:
        raise BadAddress(MALFORMED)
    # Before anything normalises: the Kelvin sign would turn into an innocent K.
    if not local.isascii():
        said = gettext("Sorry, only plain letters (a to z) before the @ are supported yet.")
        raise BadAddress(said)

    address = _validated(text)
    if bucket(address).partition("@")[0] in ROLES:
        raise BadAddress(gettext("That mailbox is not a person's. Please use your own address."))
    if bucket(address) in {bucket(own.lower()) for own in (sender, *ours) if own}:
        raise BadAddress(gettext("That is our own address. Please use yours."))
    return address


def bucket(address: str) -> str:
    """Return what many spellings of one mailbox share; for counting only, never to write to.

    `a+list@example.org` counts as `a@example.org`, and Gmail sees no dots.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def mask(address: str) -> str:
    """Show enough to recognise one's own address and too little to learn another's."""
    local, _, domain = address.rpartition("@")
    last = local[-1] if len(local) > 2 else ""
    return f"{local[:1]}…{last}@{domain}"


def _validated(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise BadAddress(MALFORMED) from error
    return str(found.ascii_email).lower()
