"""Hugging Face and arXiv's three hosts, on this machine; each notes how it was asked."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.timezone import now
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

PAGE_SIZE = 100  # papers on one page of a list, as the real one has it


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it came by the clock of the test, and how."""

    at: datetime
    path: str
    args: dict[str, str]
    headers: dict[str, str]
    status: int


def say_papers(request: Request) -> Response:
    return Response(b"papers")


@dataclass
class Service:
    """One host.  It answers what `respond` says, and counts who is there at the same time."""

    respond: Callable[[Request], Response] = say_papers
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._there, self._lock = 0, threading.Lock()
        self._server = HTTPServer(host="127.0.0.1", port=0, threaded=True)
        everything = re.compile("/.*")
        self._server.expect_request(everything).respond_with_handler(self._answer)

    def __enter__(self) -> Service:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def host(self) -> str:
        return f"localhost:{self._server.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self._there += 1
            self.most_at_once = max(self.most_at_once, self._there)
        response = self.respond(request)
        with self._lock:
            self._there -= 1
            self.asked.append(
                Asked(
                    at=now(),
                    path=request.path,
                    args=dict(request.args),
                    headers=dict(request.headers),
                    status=response.status_code,
                )
            )
        return response


def daily_lists(lists: dict[str, list[dict[str, object]]]) -> Callable[[Request], Response]:
    """Answer as Hugging Face does: list date -> records, in pages, each with its ETag."""

    def respond(request: Request) -> Response:
        day, page = request.args["date"], int(request.args.get("p", 0))
        papers = lists.get(day, [])
        body = json.dumps(papers[page * PAGE_SIZE : (page + 1) * PAGE_SIZE])
        tag = f'W/"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers={"ETag": tag})
        response = Response(body, content_type="application/json", headers={"ETag": tag})
        if len(papers) > (page + 1) * PAGE_SIZE:
            following = f"{request.path}?date={day}&limit=100&p={page + 1}"
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response

    return respond


def listed(numbers: Iterable[int], *, votes: int = 1, comments: int = 0) -> list[dict[str, object]]:
    """Records of a daily list, of made-up papers."""
    return [
        {
            "paper": {
                "id": f"2603.{number:05}",
                "title": f"Skating robots {number}",
                "summary": "We skate.",
                "upvotes": votes,
            },
            "numComments": comments,
        }
        for number in numbers
    ]
