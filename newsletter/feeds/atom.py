"""A feed as Atom (RFC 4287).  Pure.

Not Django's own writer: it knows one author of an entry, and no content beside the summary.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from xml.sax.xmlreader import AttributesImpl

from django.utils.xmlutils import SimplerXMLGenerator

from newsletter.feeds.terms import Entry, Feed

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"
NOTHING: AttributesImpl[str] = AttributesImpl({})


def write(feed: Feed) -> bytes:
    """Return the document, in UTF-8."""
    out = BytesIO()
    xml = SimplerXMLGenerator(out, "utf-8", short_empty_elements=True)
    xml.startDocument()
    names = AttributesImpl({"xmlns": NAMESPACE, "xml:lang": feed.language})
    xml.startElement("feed", names)
    xml.addQuickElement("id", feed.id)
    xml.addQuickElement("title", feed.title)
    xml.addQuickElement("subtitle", feed.subtitle)
    xml.addQuickElement("updated", moment(feed.updated))
    _person(xml, feed.author)
    _link(xml, "self", feed.urls["atom"], "application/atom+xml")
    _link(xml, "alternate", feed.page_url, "text/html")
    for entry in feed.entries:
        _entry(xml, entry)
    xml.endElement("feed")
    xml.endDocument()
    return out.getvalue()


def moment(when: datetime) -> str:
    """Return a moment as RFC 3339 writes it, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(xml: SimplerXMLGenerator, entry: Entry) -> None:
    xml.startElement("entry", NOTHING)
    xml.addQuickElement("id", entry.id)
    xml.addQuickElement("title", entry.title, {"type": "text"})
    xml.addQuickElement("published", moment(entry.published))
    xml.addQuickElement("updated", moment(entry.updated))
    for name in entry.authors:
        _person(xml, name)
    for found in entry.categories:
        scheme = {"scheme": found.scheme} if found.scheme else {}
        xml.addQuickElement("category", "", {"term": found.term, "label": found.label, **scheme})
    _link(xml, "alternate", entry.url, "text/html")
    for url in entry.related:
        _link(xml, "related", url)
    if entry.summary:
        xml.addQuickElement("summary", entry.summary, {"type": "text"})
    xml.addQuickElement("content", entry.html, {"type": "html"})
    xml.endElement("entry")


def _person(xml: SimplerXMLGenerator, name: str) -> None:
    xml.startElement("author", NOTHING)
    xml.addQuickElement("name", name)
    xml.endElement("author")


def _link(xml: SimplerXMLGenerator, rel: str, url: str, kind: str = "") -> None:
    xml.addQuickElement("link", "", {"rel": rel, "href": url, **({"type": kind} if kind else {})})
