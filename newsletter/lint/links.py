"""Checks of addresses: how to leave, and where links lead.  Pure."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

from newsletter.lint.reading import Mail
from newsletter.lint.terms import Site, hard, soft

TOKEN = re.compile(r"[A-Za-z0-9_~.:=-]{22,}")  # 22 characters of base64 hold 132 bits
FIRST_BYTES = 90_000  # of the HTML that every mail program shows
URIS = re.compile(r"<([^<>]*)>")
SHORTENERS = frozenset(
    [
        "bit.ly",
        "buff.ly",
        "cutt.ly",
        "dub.sh",
        "goo.gl",
        "is.gd",
        "lnkd.in",
        "ow.ly",
        "rb.gy",
        "rebrand.ly",
        "shorturl.at",
        "t.co",
        "t.ly",
        "tiny.cc",
        "tinyurl.com",
        "v.gd",
    ]
)
LOOKS_LIKE_URL = re.compile(
    r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|co|dev|app|de|uk|eu)(?:/\S*)?",
    re.IGNORECASE,
)
URL = re.compile(r"https?://\S+")
LEAVE = ("unsubscribe", "abbestellen", "退订")  # as our languages say it
SAYS_NOTHING = re.compile(
    r"(click )?here|link|this( link)?|(read |learn |see )?more\W*", re.IGNORECASE
)


def unsubscribe_url(mail: Mail) -> str:
    """The first address of List-Unsubscribe; empty if there is none."""
    return next(iter(URIS.findall(mail.first("list-unsubscribe"))), "")


def one_way_to_leave(mail: Mail, site: Site) -> Iterator[str]:
    found = mail.all("list-unsubscribe")
    if len(found) != 1:
        yield f"List-Unsubscribe is there {len(found)} times"
        return
    first, *others = URIS.findall(found[0]) or [""]
    if not site.is_ours(first):
        yield "its first address is not one of ours"
    elif urlsplit(first).scheme != "https" and site.is_https:
        yield "its first address is not https"
    if any(not uri.startswith("mailto:") for uri in others):
        yield "it has a second address that is not mailto"


def one_click(mail: Mail, site: Site) -> Iterator[str]:
    if mail.all("list-unsubscribe-post") != ["List-Unsubscribe=One-Click"]:
        yield "List-Unsubscribe-Post is not List-Unsubscribe=One-Click"


def opaque_token(mail: Mail, site: Site) -> Iterator[str]:
    steps = urlsplit(unsubscribe_url(mail)).path.strip("/").split("/")
    if not TOKEN.fullmatch(steps[-1]):
        yield "the token of List-Unsubscribe has fewer than 128 bits"
    if any(step.isdigit() for step in steps):
        yield "List-Unsubscribe holds a number"


def no_address_in_links(mail: Mail, site: Site) -> Iterator[str]:
    addresses = "\n".join([mail.first("list-unsubscribe"), *hrefs(mail)])
    for recipient in mail.addresses("to")[:1]:
        if any(form in addresses for form in _disguises(recipient)):
            yield "a link holds the reader's address"


def _disguises(address: str) -> Iterator[str]:
    raw = address.encode()
    yield from (address, quote(address), quote(address, safe=""), raw.hex())
    yield from (b64encode(raw).decode().rstrip("="), urlsafe_b64encode(raw).decode().rstrip("="))
    for name in ("md5", "sha1", "sha256"):  # as mail services like to
        yield hashlib.new(name, raw.lower(), usedforsecurity=False).hexdigest()


def visible_ways_out(mail: Mail, site: Site) -> Iterator[str]:
    if mail.is_plain:
        urls = [url for url in hrefs(mail) if site.is_ours(url)]
        for name in ("unsubscribe", "preferences"):
            if not any(f"/{name}/" in url for url in urls):
                yield f"the text has no {name} link"
        return
    end = len(mail.html.encode("utf-8", "replace")[:FIRST_BYTES].decode("utf-8", "ignore"))
    seen = [link for link in mail.page.links if not link.is_hidden and link.at < end]
    ours = [link for link in seen if site.is_ours(link.href)]
    leave = [link for link in ours if any(word in link.text.lower() for word in LEAVE)]
    prefer = [link for link in ours if "/preferences/" in link.href]
    for name, found in (("unsubscribe", leave), ("preferences", prefer)):
        if not found:
            yield f"the HTML has no visible {name} link in its first {FIRST_BYTES:,} bytes"
        elif not any(link.href in mail.text for link in found):
            yield f"the text has no {name} link"


def https_to_known_hosts(mail: Mail, site: Site) -> Iterator[str]:
    for href in sorted(set(hrefs(mail))):
        if site.is_ours(href):
            continue
        if not (host := _https_host(href)):
            yield f"not https, or not absolute: {href[:80]!r}"
        elif not site.knows(host):
            yield f"a host that no paper names: {host}"


@lru_cache(maxsize=20_000)
def _https_host(url: str) -> str:
    """The host of an address that begins with https, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme == "https" else ""


def honest_links(mail: Mail, site: Site) -> Iterator[str]:
    if mail.is_plain:
        hidden = ((what_hides(url), url) for url in hrefs(mail) if not site.is_ours(url))
        yield from (f"{wrong}: {url[:80]!r}" for wrong, url in hidden if wrong)
    for link in mail.page.links:
        if site.is_ours(link.href) and "." not in link.text:
            continue
        if not site.is_ours(link.href) and (wrong := what_hides(link.href)):
            yield f"{wrong}: {link.href[:80]!r}"
        said = link.text.strip()
        if LOOKS_LIKE_URL.fullmatch(said) and _host(said) != _host(link.href):
            yield f"a link says {_host(said)!r} and leads to {_host(link.href)!r}"


@lru_cache(maxsize=20_000)
def what_hides(url: str) -> str:
    """Say how an address hides where it leads; empty if it does not."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "it cannot be read"
    if "@" in unquote(parts.netloc):
        return "it has a user name"
    if host.removeprefix("www.") in SHORTENERS:
        return "it is of a shortener"
    return "it is a number" if _is_number(host) else ""


def is_fit(url: str) -> bool:
    """Whether an address that a source gave for a paper may stand in a mail (21, 22)."""
    return bool(_https_host(url)) and not what_hides(url)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"0x[0-9a-f]+|\d+", host))
    return True


def _host(url: str) -> str:
    host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    return host.removeprefix("www.")


def telling_links(mail: Mail, site: Site) -> Iterator[str]:
    for link in (link for link in mail.page.links if not link.is_hidden):
        said = " ".join(link.text.split())
        if SAYS_NOTHING.fullmatch(said) or not (said or link.has_picture):
            yield f"one says {said!r}"


def hrefs(mail: Mail) -> Iterator[str]:
    yield from (link.href for link in mail.page.links)
    if mail.is_plain:  # mail programs make links of them
        yield from (url for url in URL.findall(mail.text) if url not in mail.quoted)
    for tag in mail.page.named("img", "area"):
        if not tag.get("src").startswith("data:"):  # which is for another check
            yield from filter(None, (tag.get("src"), tag.get("href")))


CHECKS = (
    hard(7, "List-Unsubscribe begins with one https address of ours", one_way_to_leave),
    hard(8, "one click is offered (RFC 8058)", one_click),
    hard(9, "the token says nothing and cannot be guessed", opaque_token),
    hard(9, "no link holds who reads it", no_address_in_links),
    hard(17, "both parts show how to leave and to choose", visible_ways_out),
    hard(21, "links are https and lead to known hosts", https_to_known_hosts),
    hard(22, "links lead where they say", honest_links),
    soft(23, "links say what they lead to", telling_links),
)
