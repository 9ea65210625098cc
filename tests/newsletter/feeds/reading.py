"""Reads feeds as strictly as the specifications say, in one shape for both forms."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from defusedxml import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Item:
    id: str
    url: str
    title: str
    summary: str
    html: str
    authors: list[str]
    tags: list[str]
    updated: str


@dataclass(frozen=True)
class Read:
    title: str
    own_url: str
    page_url: str
    items: list[Item]

    @property
    def titles(self) -> list[str]:
        return [item.title for item in self.items]


def read(response) -> Read:
    """Return what a feed says; an assertion fails for what it must not be."""
    assert response.status_code == 200, response.content
    if response["Content-Type"].startswith("application/atom+xml"):
        return read_atom(response.content)
    assert response["Content-Type"].startswith("application/feed+json")
    return read_json(response.content)


def read_atom(content: bytes) -> Read:
    """RFC 4287: 4.1.1 says what a feed must have, 4.1.2 what an entry must."""
    feed = ElementTree.fromstring(content)
    assert feed.tag == f"{ATOM}feed"
    assert one(feed, "id").startswith("tag:")
    assert MOMENT.fullmatch(one(feed, "updated"))
    assert one(feed.find(f"{ATOM}author"), "name")
    items = [_entry(entry) for entry in feed.findall(f"{ATOM}entry")]
    assert len({item.id for item in items}) == len(items)
    return Read(one(feed, "title"), link(feed, "self"), link(feed, "alternate"), items)


def _entry(entry) -> Item:
    assert MOMENT.fullmatch(one(entry, "published"))
    assert entry.find(f"{ATOM}content").get("type") == "html"
    return Item(
        one(entry, "id"),
        link(entry, "alternate"),
        one(entry, "title"),
        entry.findtext(f"{ATOM}summary", ""),
        one(entry, "content"),
        [one(author, "name") for author in entry.findall(f"{ATOM}author")],
        [found.get("label") for found in entry.findall(f"{ATOM}category")],
        one(entry, "updated"),
    )


def one(parent, name: str) -> str:
    [found] = parent.findall(f"{ATOM}{name}")
    assert found.text
    return found.text


def link(parent, rel: str) -> str:
    [found] = [each for each in parent.findall(f"{ATOM}link") if each.get("rel") == rel]
    assert found.get("href").startswith("https://news.example.org/")
    return found.get("href")


def read_json(content: bytes) -> Read:
    """JSON Feed 1.1: the keys that must be there, and those that readers count on."""
    feed = json.loads(content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    items = [_item(item) for item in feed["items"]]
    assert len({item.id for item in items}) == len(items)
    return Read(feed["title"], feed["feed_url"], feed["home_page_url"], items)


def _item(item: dict) -> Item:
    assert MOMENT.fullmatch(item["date_published"])
    assert MOMENT.fullmatch(item["date_modified"])
    assert item["content_html"]
    return Item(
        item["id"],
        item["url"],
        item["title"],
        item["summary"],
        item["content_html"],
        [author["name"] for author in item["authors"]],
        item["tags"],
        item["date_modified"],
    )
