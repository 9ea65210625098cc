"""A feed as JSON Feed, version 1.1 (https://www.jsonfeed.org/version/1.1/).  Pure."""

from __future__ import annotations

import json

from newsletter.feeds.atom import moment
from newsletter.feeds.terms import Entry, Feed

CONTENT_TYPE = "application/feed+json; charset=utf-8"
VERSION = "https://jsonfeed.org/version/1.1"


def write(feed: Feed) -> bytes:
    """Return the document, in UTF-8."""
    document = {
        "version": VERSION,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.page_url,
        "feed_url": feed.urls["json"],
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _item(entry: Entry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "date_published": moment(entry.published),
        "date_modified": moment(entry.updated),
        "authors": [{"name": name} for name in entry.authors],
        "tags": [found.label for found in entry.categories],
    }
    if entry.related:
        item["external_url"] = entry.related[0]
    return item
