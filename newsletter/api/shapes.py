"""The shapes of what the API says.  Names of fields never change within a version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

KEY = "2603.01234"
SITE = "https://news.example.org"


class TopicName(Schema):
    """A topic, in short."""

    slug: str = Field(description="Its name in addresses.", examples=["agents"])
    name: str = Field(description="Its name for people.", examples=["Agents"])


class Topic(TopicName):
    """Something that papers are about and that readers can choose."""

    description: str = Field(description="A sentence about it; may be empty.", examples=[""])
    page_url: str = Field(description="Our page of it.", examples=[f"{SITE}/topics/agents/"])
    feed_url: str = Field(
        description="Its papers as an Atom feed.", examples=[f"{SITE}/feeds/topics/agents.atom"]
    )


class Paper(Schema):
    """One paper.  Counts are those of the newest list that named it."""

    key: str = Field(
        description='Its arXiv identifier without the version; "p" and a number without one.',
        examples=[KEY],
    )
    title: str = Field(examples=["A study of many things"])
    authors: list[str] = Field(examples=[["Ada Example", "Bob Example"]])
    summary: str = Field(
        description="Ours, one or two sentences; may be empty.", examples=["Things differ."]
    )
    abstract: str = Field(description="May be empty.", examples=["We study many things."])
    categories: list[str] = Field(description="Of arXiv, the first first.", examples=[["cs.AI"]])
    topics: list[TopicName] = Field(description="Of this site, the strongest first.")
    published_at: datetime | None = Field(
        description="When it was first submitted.", examples=["2026-03-14T09:30:00Z"]
    )
    listed_on: date | None = Field(
        description="The newest list of trending papers that named it.", examples=["2026-03-16"]
    )
    version: int = Field(
        ge=0, description="The newest one seen on arXiv; 0 if none was told.", examples=[2]
    )
    votes: int = Field(ge=0, examples=[42])
    comments: int = Field(ge=0, examples=[3])
    stars: int = Field(ge=0, description="Of its code.", examples=[120])
    trend: float = Field(
        ge=0, le=1, description="How hot it is within its list; 0 if not known.", examples=[0.93]
    )
    page_url: str = Field(description="Our page of it.", examples=[f"{SITE}/papers/{KEY}/"])
    abstract_url: str | None = Field(examples=[f"https://arxiv.org/abs/{KEY}"])
    pdf_url: str | None = Field(examples=[f"https://arxiv.org/pdf/{KEY}"])
    code_url: str | None = Field(examples=["https://code.example.org/things"])
    project_url: str | None = Field(examples=[None])


class Issue(Schema):
    """An issue that was sent: the digest of one cadence for one date."""

    slug: str = Field(description="Its name in addresses.", examples=["daily-20260317"])
    cadence: str = Field(
        description='"daily", "weekdays", "weekly" or "monthly".', examples=["daily"]
    )
    on: date = Field(description="Its date.", examples=["2026-03-17"])
    introduction: str = Field(description="What stood above the papers; may be empty.")
    page_url: str = Field(description="Our page of it.", examples=[f"{SITE}/issue/daily-20260317/"])


class IssueWithPapers(Issue):
    """An issue with the papers of its general edition, the hottest first; nobody's own digest."""

    papers: list[Paper]


Next = Annotated[
    str | None,
    Field(
        description="The address of the next page; null on the last one.",
        examples=[f"{SITE}/api/v1/papers?limit=20&offset=20"],
    ),
]


class Papers(Schema):
    items: list[Paper]
    next: Next


class Trending(Papers):
    """The papers of one list or several, the hottest first."""

    since: date = Field(description="The first day of it.", examples=["2026-03-16"])
    until: date = Field(description="The last day of it.", examples=["2026-03-16"])


class Topics(Schema):
    items: list[Topic]


class Issues(Schema):
    items: list[Issue]
    next: Next


class Error(Schema):
    """The one shape of all that goes wrong."""

    code: str = Field(description="For programs; stays the same.", examples=["not_found"])
    message: str = Field(description="For people.", examples=["There is no such thing."])
    fields: dict[str, list[str]] = Field(
        description="What is wrong with which parameter or field; empty if it is none of them.",
        examples=[{}],
    )


class Subscription(Schema):
    """Somebody who would like to get the digest."""

    email: str = Field(
        min_length=3, max_length=320, description="His address.", examples=["ada@example.net"]
    )
    topics: list[str] = Field(
        min_length=1, max_length=100, description="Slugs of topics.", examples=[["agents"]]
    )
    keywords: list[str] = Field(
        default=[], max_length=50, description="Words to look for.", examples=[["tool use"]]
    )
    cadence: str = Field(
        default="daily",
        pattern="^(daily|weekdays|weekly|monthly)$",
        description="How often.",
        examples=["weekly"],
    )
    weekday: int = Field(
        default=0,
        ge=0,
        le=6,
        strict=True,
        description="0 is Monday; of weekly and monthly digests.",
    )
    hour: int = Field(default=7, ge=0, le=23, strict=True, description="Of his own day.")
    time_zone: str = Field(
        default="UTC",
        max_length=64,
        description="A name of the IANA database.",
        examples=["Europe/Vienna"],
    )


class Taken(Schema):
    """The one answer to every sign-up; it says nothing about the address."""

    message: str = Field(examples=["Please have the owner of the address look at the inbox."])
