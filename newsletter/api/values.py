"""Single values as the API takes them: strictly, so that a slip is not taken for something else."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from ninja import Schema
from pydantic import BeforeValidator, Field, WithJsonSchema

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"[0-9]{1,9}")
MOST_AT_ONCE, USUAL_AT_ONCE = 100, 20  # items of one answer
FURTHEST = 10_000  # items that can be passed over; who wants more narrows the dates
LONGEST_SEARCH = 200  # characters


def _day(value: Any) -> date | None:
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError("must be a date like 2026-03-16")
    return date.fromisoformat(value)


def _number(value: Any) -> Any:
    """Pydantic takes "1.0", " 1" and "1_0" for numbers, too."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        raise ValueError("must be a whole number, in digits")
    return value


Day = Annotated[
    date | None,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-16"]}),
]
SLUG = r"^[-a-zA-Z0-9_]{1,50}$"
Slug = Annotated[str, Field(pattern=SLUG)]
# What may be left out is not null when it is there: a query knows no null.
SomeSlug = Annotated[
    str | None, Field(pattern=SLUG), WithJsonSchema({"type": "string", "pattern": SLUG})
]
Words = Annotated[
    str | None,
    Field(max_length=LONGEST_SEARCH),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_SEARCH}),
]
Order = Literal["newest", "trend", "votes", "relevance"]
SomeOrder = Annotated[
    Order | None, WithJsonSchema({"type": "string", "enum": list(get_args(Order))})
]
Number = Annotated[int, BeforeValidator(_number)]


class Page(Schema):
    """Which part of a long list."""

    limit: Number = Field(
        USUAL_AT_ONCE, ge=1, le=MOST_AT_ONCE, description="How many items to return at most."
    )
    offset: Number = Field(0, ge=0, le=FURTHEST, description="How many items to pass over.")
