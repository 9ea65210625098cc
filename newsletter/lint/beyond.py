"""Checks that need more than the mail: somebody to ask, a memory, a filter.  Pure but for those.

The gate cannot do the first two: a POST to a reader's link takes him off the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from newsletter.lint.links import hrefs, unsubscribe_url
from newsletter.lint.reading import read
from newsletter.lint.terms import Finding, Site
from newsletter.lint.wording import titles

ONE_CLICK_BODY = b"List-Unsubscribe=One-Click"
MOST_SPAM = 1.0  # points of SpamAssassin


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site said to one request made without cookies."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names as the site wrote them


# method, address, body -> answer.  Must not follow redirects.
Fetch = Callable[[str, str, bytes], Answer]


def one_click_works(mail: bytes, *, fetch: Fetch) -> list[Finding]:
    """10: a POST to the first address of List-Unsubscribe is answered 200, and that is all."""
    answer = fetch("POST", unsubscribe_url(read(mail)), ONE_CLICK_BODY)
    given = {name.lower() for name in answer.headers}
    wrong = [f"it answers {answer.status}"] if answer.status != 200 else []
    wrong += [f"it answers with {name}" for name in ("location", "set-cookie") if name in given]
    return [Finding(10, True, f"one click unsubscribes; {what}") for what in wrong]


def looking_changes_nothing(
    mail: bytes, *, site: Site, fetch: Fetch, state: Callable[[], object]
) -> list[Finding]:
    """11: GET and HEAD of every link to our site, as scanners do, leave `state()` as it was."""
    found = read(mail)
    urls = {*hrefs(found), unsubscribe_url(found)}
    findings: list[Finding] = []
    for url in sorted(url for url in urls if site.is_ours(url)):
        for method in ("GET", "HEAD"):
            before = state()
            answer = fetch(method, url, b"")
            page = url.removeprefix(site.origin).split("/")[1]
            if answer.status != 200:
                wrong = f"{method} of {page} answers {answer.status}"
            elif state() != before:
                wrong = f"{method} of {page} does"
            else:
                continue
            findings.append(Finding(11, True, f"looking at a link changes nothing; {wrong}"))
    return findings


def nothing_again(mail: bytes, *, already_sent: Collection[str]) -> list[Finding]:
    """32: none of the papers' addresses is among those that this reader was sent before."""
    again = [url for _, url in titles(read(mail)) if url in already_sent]
    return [Finding(32, True, f"no paper is sent again; {url} is") for url in again]


def is_no_spam(mail: bytes, *, score: Callable[[bytes], float]) -> list[Finding]:
    """34: a spam filter gives it at most `MOST_SPAM` points."""
    points = score(mail)
    wrong = f"a filter gives it at most {MOST_SPAM} points; it has {points}"
    return [Finding(34, False, wrong)] if points > MOST_SPAM else []
