"""Lists such as "v=DMARC1; p=none" (RFC 6376, 3.2); pure."""

from __future__ import annotations


def tags(text: str) -> dict[str, str]:
    """Read a list of tags; names in small letters, the first of a name counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, is_tag, value = part.partition("=")
        if is_tag:
            found.setdefault(name.strip().casefold(), value.strip())
    return found
