"""Which servers may send for a domain (RFC 7208)."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.doctor.names import Names
from newsletter.doctor.terms import Finding, warning, well, wrong

ABOUT = "SPF"
LOOKUPS_AT_MOST = 10  # RFC 7208, 4.6.4; a record that takes more is an error to everybody
ASKING = ("include", "a", "mx", "ptr", "exists", "redirect")
OPEN = {"+all", "all"}


def examine(domain: str, names: Names) -> Finding:
    """Look at the record of the domain that mails come from."""
    records = list(_records(domain, names))
    if not records:
        return wrong(
            ABOUT,
            f"{domain} has no SPF record",
            f'publish a TXT record at {domain}: "v=spf1 include:<your mail service> -all"',
        )
    if len(records) > 1:
        return wrong(
            ABOUT,
            f"{domain} has {len(records)} SPF records, so none of them counts",
            "join them into one",
        )
    terms = _terms(records[0])
    if OPEN & set(terms):
        return wrong(ABOUT, f"{domain} lets everybody send for it", 'end it with "-all"')
    if (needed := lookups(domain, names)) > LOOKUPS_AT_MOST:
        return wrong(
            ABOUT,
            f"the record of {domain} takes {needed} lookups, and {LOOKUPS_AT_MOST} are allowed",
            "take out services that you do not use any more",
        )
    if not _has_end(terms):
        return warning(
            ABOUT, f"the record of {domain} does not say what others may do", 'end it with "-all"'
        )
    return well(ABOUT, f"{domain} names its servers, with {needed} lookups of {LOOKUPS_AT_MOST}")


def lookups(domain: str, names: Names, *, depth: int = 0) -> int:
    """How many questions a receiver asks to read the record of `domain`, as far as it matters."""
    count = 0
    for record in list(_records(domain, names))[:1]:
        for term in _terms(record):
            kind, _, value = term.lstrip("+-?~").replace("=", ":", 1).partition(":")
            if kind.partition("/")[0] not in ASKING:
                continue
            count += 1
            if kind in {"include", "redirect"} and value and depth <= LOOKUPS_AT_MOST:
                count += lookups(value, names, depth=depth + 1)
            if count > LOOKUPS_AT_MOST:
                return count
    return count


def _records(domain: str, names: Names) -> Iterator[str]:
    for text in names.texts(domain):
        if text.casefold() == "v=spf1" or text.casefold().startswith("v=spf1 "):
            yield text


def _terms(record: str) -> list[str]:
    return record.casefold().split()[1:]


def _has_end(terms: list[str]) -> bool:
    return any(term in {"-all", "~all"} or term.startswith("redirect=") for term in terms)
