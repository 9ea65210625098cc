"""What receivers do with mail that nobody signed for, and who hears of it (RFC 7489, RFC 9989)."""

from __future__ import annotations

from newsletter.doctor.names import Names
from newsletter.doctor.tags import tags
from newsletter.doctor.terms import Finding, warning, well, wrong

ABOUT = "DMARC"
POLICIES = {"none", "quarantine", "reject"}


def examine(domain: str, names: Names) -> Finding:
    """Look for the policy of the domain, or of the nearest one above it that has one."""
    at, policies = _find(domain, names)
    if not policies:
        return wrong(
            ABOUT,
            f"{domain} has no DMARC record, so Gmail, Yahoo and Outlook refuse bulk mail from it",
            f'publish a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:you@{domain}"',
        )
    if len(policies) > 1:
        return wrong(ABOUT, f"_dmarc.{at} has {len(policies)} records", "leave one")
    found = tags(policies[0])
    wanted = found.get("sp", found.get("p", "")) if at != domain else found.get("p", "")
    if wanted.casefold() not in POLICIES:
        return wrong(ABOUT, f"_dmarc.{at} has no policy (p=)", "add p=none to begin with")
    if "rua" not in found:
        return warning(
            ABOUT, f"_dmarc.{at} tells nobody who sends in your name", "add rua=mailto:..."
        )
    return well(ABOUT, f"{at} asks for {wanted.casefold()}, and reports are sent")


def is_aligned(signed: str, sender: str, *, is_strict: bool = False) -> bool:
    """Whether who signed may speak for the sender: the same domain, or one above or below it.

    A bare suffix such as "co.uk" never signs, so it need not be known here.
    """
    one, other = signed.casefold().rstrip("."), sender.casefold().rstrip(".")
    if one == other:
        return True
    return not is_strict and (one.endswith(f".{other}") or other.endswith(f".{one}"))


def _find(domain: str, names: Names) -> tuple[str, list[str]]:
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):  # a top level has no policy for others
        at = ".".join(labels[start:])
        found = [
            text for text in names.texts(f"_dmarc.{at}") if text.casefold().startswith("v=dmarc1")
        ]
        if found:
            return at, found
    return domain, []
