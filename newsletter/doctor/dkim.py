"""Whether the key is published that mails are signed with (RFC 6376, RFC 8301)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64

from newsletter.doctor.names import Names
from newsletter.doctor.tags import tags
from newsletter.doctor.terms import Finding, unknown, warning, well, wrong

ABOUT = "DKIM"
# Octets of an RSA key in DER: 1024 bits take 162, 2048 take 294.
SHORTEST, GOOD = 162, 290


def examine(domain: str, selector: str, names: Names) -> Finding:
    """Look at the key that the mail service signs with under `selector`."""
    if not selector:
        return unknown(
            ABOUT,
            "nobody said which selector the mail service signs with",
            "say it with --selector; it is the s= in the DKIM-Signature of a mail that you got",
        )
    name = f"{selector}._domainkey.{domain}"
    texts = [text for text in names.texts(name) if "p=" in text]
    if not texts:
        return wrong(ABOUT, f"there is no key at {name}", "publish the key of your mail service")
    return _key(name, tags(texts[0]))


def _key(name: str, found: dict[str, str]) -> Finding:
    try:
        key = b64decode("".join(found.get("p", "").split()), validate=True)
    except NotBase64:
        return wrong(ABOUT, f"the key at {name} cannot be read", "copy it once more, whole")
    if not key:
        return wrong(ABOUT, f"the key at {name} was withdrawn (p= is empty)", "publish a new one")
    if found.get("k", "rsa") == "rsa" and len(key) < SHORTEST:
        return wrong(ABOUT, f"the key at {name} is too short to be believed", "use 2048 bits")
    if found.get("k", "rsa") == "rsa" and len(key) < GOOD:
        return warning(ABOUT, f"the key at {name} has less than 2048 bits", "use 2048 bits")
    if "y" in found.get("t", "").split(":"):
        return warning(ABOUT, f"the key at {name} says that it is a test", "take out t=y")
    return well(ABOUT, f"there is a key at {name}")
