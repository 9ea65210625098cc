"""Programs that follow the links of mails: which links there are, and how they are asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from html import unescape
from urllib.parse import urlsplit

from django.conf import settings

from newsletter import compose
from newsletter.models import Delivery
from subscriptions import letters
from subscriptions.models import Letter, Subscriber

LINK = re.compile(r"https?://[^\s\"'<>()]+")
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Edg/122.0 SafeLinks",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Barracuda Sentinel (EE)",
    "Mimecast-URL-Scanner/1.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1",
    "Twitterbot/1.0",
    "LinkedInBot/1.0",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0",
    "SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) BingPreview/1.0b",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 (X11; Linux x64) HeadlessChrome/131.0.0.0 Safari/537.36",
    "python-requests/2.32.0",
    "curl/8.5.0",
    "",
]
HINTS = [
    {},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Accept": "image/*"},
    {"Range": "bytes=0-0"},
]
METHODS = ["GET", "HEAD", "OPTIONS"]


def visits(links: Sequence[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(method, address, headers), round and round; each link by each agent with each hint."""
    ways = itertools.product(AGENTS, HINTS, METHODS)
    for (agent, hint, method), link in itertools.cycle(itertools.product(ways, links)):
        yield method, link, {"User-Agent": agent, **hint}


def links_of_digest(reader: Subscriber) -> list[str]:
    """Those of the newest digest of this reader that lead to us."""
    delivery = Delivery.objects.with_contents().filter(subscriber=reader).latest("pk")
    return links_of(compose.preview(delivery, reader).message())


def links_of_letters(reader: Subscriber) -> list[str]:
    rows = list(Letter.objects.filter(subscriber=reader))
    one = letters.compose_all(rows)
    return [link for row in rows for link in links_of(one(row).message())]


def links_of(message: object) -> list[str]:
    """All links to us in the texts and the headers of a mail, as addresses of our site."""
    html = str(message.alternatives[0][0])  # type: ignore[attr-defined]
    headers = " ".join(message.extra_headers.values())  # type: ignore[attr-defined]
    text = f"{unescape(html)} {message.body} {headers}"  # type: ignore[attr-defined]
    ours = [link for link in LINK.findall(text) if link.startswith(settings.SITE_URL)]
    parts = [urlsplit(link) for link in ours]
    return sorted({part.path + (f"?{part.query}" if part.query else "") for part in parts})
