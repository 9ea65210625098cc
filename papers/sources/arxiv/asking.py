"""How arXiv is asked, so that its refusals are understood."""

from __future__ import annotations

from collections.abc import Mapping

from papers.sources import SourceError
from papers.sources import fetch as web
from papers.sources.arxiv import elements


class Refusal(SourceError):
    """arXiv refused a request; `reason` is what it says itself, or "".  `body` is its answer."""

    def __init__(self, message: str, *, temporary: bool, reason: str, body: bytes) -> None:
        super().__init__(message, temporary=temporary)
        self.reason, self.body = reason, body


def ask(
    url: str,
    params: Mapping[str, str],
    *,
    if_changed: bool = False,
    seconds: float = web.TOTAL_SECONDS,
) -> web.Answer:
    """Return arXiv's answer; see `papers.sources.fetch.get`.

    Raises:
        Refusal: if arXiv answers that it will not.
        SourceError: for everything else; `temporary` if a later try may work.
    """
    try:
        return web.get(url, params=params, if_changed=if_changed, seconds=seconds)
    except web.AnswerError as error:
        reason = said(error.body)
        message = f"{error}: arXiv says: {reason}" if reason else str(error)
        raise Refusal(message, temporary=error.temporary, reason=reason, body=error.body) from error


def check(body: bytes, *, place: str) -> None:
    """Raise `SourceError` if this is a feed by which arXiv tells of an error."""
    if (b"/api/errors" in body or b"Feed error" in body) and (reason := said(body)):
        raise SourceError(f"{place}: arXiv says: {reason}")


def said(body: bytes) -> str:
    """Return why arXiv refused, as its XML says; "" if this is no error that it wrote."""
    found: dict[str, str] = {}
    try:
        for element in elements.outermost(
            body,
            place="",
            roots=("feed", "rss", "OAI-PMH"),
            wanted=("title", "subtitle", "description", "entry", "error"),
        ):
            what = elements.name(element)
            if what == "entry" and "/api/errors" in elements.text(element, "id"):
                return elements.text(element, "summary")[:300]
            found.setdefault(what, " ".join((element.text or "").split()))
    except SourceError:
        return ""
    if found.get("title", "").startswith("Feed error"):
        return (found.get("description") or found.get("subtitle") or found["title"])[:300]
    return found.get("error", "")[:300]
