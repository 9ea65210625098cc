"""Topics that papers are about and readers can choose."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Router

from newsletter.api import reading, shapes
from newsletter.api.values import Slug
from papers.models import Topic

router = Router(tags=["topics"])


@router.get(
    "/topics",
    response={200: shapes.Topics, 429: shapes.Error},
    summary="List topics",
    url_name="topics",
    operation_id="listTopics",
)
def topics(request: HttpRequest) -> shapes.Topics:
    """All topics, in the order in which readers are shown them."""
    return shapes.Topics(items=[reading.topic(row) for row in Topic.objects.active()])


@router.get(
    "/topics/{slug}",
    response={200: shapes.Topic, 404: shapes.Error, 422: shapes.Error, 429: shapes.Error},
    summary="Read a topic",
    url_name="topic",
    operation_id="readTopic",
)
def topic(
    request: HttpRequest, slug: Annotated[Slug, Path(description="Its slug.", examples=["agents"])]
) -> shapes.Topic:
    """One topic; 404 if there is none, or it was retired."""
    return reading.topic(get_object_or_404(Topic.objects.active(), slug=slug))
