"""What feeds, pictures, sitemaps and the API cost with many papers, one call after the other.

`python bench/bench_feeds.py [PAPERS]`: a durable Postgres with that many papers (100,000).
Milliseconds of one process, from the request to the answer, and how large that is; pictures are
drawn each time.  The goal is a picture in under 50 ms.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from bench import figures
from bench.bench_web import RIG, fill
from newsletter.pictures import drawing
from papers.models import Paper, Topic
from subscriptions import links
from subscriptions.models import Interest, Subscriber

TIMES = 25


def a_reader() -> Subscriber:
    """Somebody who never got a digest, so that his feed is matched anew each time."""
    reader = Subscriber.objects.create(
        email="ada@example.net", state=Subscriber.State.CONFIRMED, state_changed_at=now()
    )
    topics = Topic.objects.active()[:3]
    Interest.objects.bulk_create([Interest(subscriber=reader, topic=topic) for topic in topics])
    return reader


def pages(reader: Subscriber) -> list[str]:
    key = Paper.objects.order_by("-listed_on", "pk").values_list("arxiv_id", flat=True)[7]
    return [
        "/feeds/trending.atom",
        "/feeds/trending.json",
        "/feeds/topics/agents+robotics.atom",
        "/feeds/search.atom?q=robot+policy",
        links.feed(reader).removeprefix(settings.SITE_URL),
        "/pictures/trending.png",
        "/pictures/trending/month.png",
        "/pictures/topics/agents.png",
        f"/pictures/papers/{key}.png",
        "/sitemap.xml",
        "/sitemap-papers-3.xml",
        "/sitemap-lists.xml",
        "/api/v1/papers",
        "/api/v1/papers?topic=agents&limit=100",
        "/api/v1/papers?q=robot+policy",
        "/api/v1/papers?sort=votes&offset=10000",
        "/api/v1/trending/today",
        "/api/v1/trending/month",
        "/api/v1/topics",
        "/api/v1/openapi.json",
        "/api/v1/",
    ]


def measure(client: Client, page: str) -> str:
    taken, size = [], 0
    for _ in range(TIMES):
        drawing.draw.cache_clear()
        began = time.perf_counter()
        answer = client.get(page)
        taken.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise SystemExit(f"{page}: {answer.status_code}")
        size = len(answer.content)
    cuts = quantiles(taken, n=100)
    return f"{page[:44]:46}{cuts[49]:8.1f}{cuts[94]:8.1f}{size / 1000:10.1f}\n"


def main(papers: int = 100_000) -> None:
    settings.ALLOWED_HOSTS.append("testserver")
    settings.API_CALLS_PER_NETWORK_A_MINUTE = 0
    RIG.migrate()
    fill(papers)
    say = sys.stdout.write
    say(f"{figures.machine()}; {papers:,} papers\n{'page':46}{'p50 ms':>8}{'p95':>8}{'kB':>10}\n")
    client = Client()
    for page in pages(a_reader()):
        say(measure(client, page))
        sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
