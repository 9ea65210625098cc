"""The rules of matching once more, as slow and obvious as can be, and worlds to try them on."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import ceil
from random import Random

from newsletter.matching.phrases import AUTHOR, KEYWORD, Text
from newsletter.matching.pool import Candidate, Pool
from newsletter.matching.readers import Reader
from newsletter.picks import Pick, Why

Phrases = dict[int, tuple[int, str]]  # id -> kind, text
NAMES = ["Ada Example", "Grace Example", "Ada Example-Smith", "Li Sample"]
WORDS = [
    "fusion",
    "diffusion",
    "graph",
    "agent",
    "tool",
    "model",
    "of",
    "the",
    "new-born",
    "αβ",
    "3d",
]


@dataclass
class World:
    readers: list[Reader]
    candidates: list[Candidate]
    phrases: Phrases

    def pool(self) -> Pool:
        """The candidates, with all phrases looked up."""
        pool = Pool.of(self.candidates)
        pool.hits.learn(pool.index, [(key, *rest) for key, rest in self.phrases.items()])
        return pool


@dataclass
class Reason:
    worth: int  # 100,000 is a keyword
    why: Why
    reference: int


def picks_of(reader: Reader, world: World, *, outside: bool = False) -> list[Pick]:
    """Go through all papers for one reader."""
    allowed = [paper for paper in world.candidates if not is_barred(reader, paper, world)]
    strangers = [paper for paper in allowed if not reasons_of(reader, paper, world)]
    has_stranger = outside and bool(strangers) and reader.length > 1
    length = reader.length - has_stranger
    scored = [
        (score(reader, paper, best), paper, best)
        for paper in allowed
        if (best := best_reason(reader, paper, world))
    ]
    scored.sort(key=lambda row: -row[0])  # stable: ties stay hottest first
    chosen = [made(reader, row) for row in capped(scored, reader)[:length]]
    if chosen and has_stranger:
        share = min(round(reader.trend_share * 100), 99)
        points = share * round(strangers[0].trend * 10_000) * 10
        chosen.append(Pick(strangers[0].paper_id, points / 1e7, Why.TREND))
    return chosen


def capped(scored: list, reader: Reader) -> list:
    """Put what is too much of one topic behind all others."""
    if sum(weight > 0 for weight in reader.interests.values()) < 2:
        return scored
    taken: dict[int, int] = {}
    first, later = [], []
    for row in scored:
        reason = row[2]
        if reason.why == Why.TOPIC and taken.get(reason.reference, 0) >= ceil(
            reader.length * 3 / 5
        ):
            later.append(row)
            continue
        if reason.why == Why.TOPIC:
            taken[reason.reference] = taken.get(reason.reference, 0) + 1
        first.append(row)
    return first + later


def made(reader: Reader, row: tuple[int, Candidate, Reason]) -> Pick:
    points, paper, reason = row
    others = [
        (whole(weight, 100) * whole(paper.topics[topic], 1000), -topic)
        for topic, weight in reader.interests.items()
        if weight > 0 and topic in paper.topics
        if not (reason.why == Why.TOPIC and reason.reference == topic)
    ]
    also = -max(others)[1] if others else 0
    return Pick(paper.paper_id, points / 1e7, reason.why, reason.reference, also)


def is_barred(reader: Reader, paper: Candidate, world: World) -> bool:
    return (
        paper.paper_id in reader.already_sent
        or any(weight == 0 and topic in paper.topics for topic, weight in reader.interests.items())
        or any(has(paper, world.phrases[phrase]) for phrase in reader.excluded)
        or product(reader.aversion, paper.vector) >= 6452
    )


def best_reason(reader: Reader, paper: Candidate, world: World) -> Reason | None:
    return max(reasons_of(reader, paper, world), key=lambda reason: reason.worth, default=None)


def reasons_of(reader: Reader, paper: Candidate, world: World) -> list[Reason]:
    """All reasons; of equals the first counts."""
    wanted = [(phrase, *world.phrases[phrase]) for phrase in sorted(reader.phrases)]
    found = [(phrase, kind) for phrase, kind, text in wanted if has(paper, (kind, text))]
    authors = [Reason(120_000, Why.AUTHOR, phrase) for phrase, kind in found if kind == AUTHOR]
    keywords = [Reason(100_000, Why.KEYWORD, phrase) for phrase, kind in found if kind == KEYWORD]
    topics = [
        Reason(whole(weight, 100) * whole(paper.topics[topic], 1000), Why.TOPIC, topic)
        for topic, weight in sorted(reader.interests.items())
        if weight > 0 and topic in paper.topics
    ]
    likeness = product(reader.taste, paper.vector)
    worth = min(likeness * 100_000 // (127 * 127), 200_000)
    alike = [Reason(worth, Why.TASTE, 0)] if likeness >= 6452 else []
    return authors + keywords + topics + alike


def score(reader: Reader, paper: Candidate, reason: Reason) -> int:
    share = min(round(reader.trend_share * 100), 99)
    return (100 - share) * reason.worth + share * round(paper.trend * 10_000) * 10


def whole(value: float, scale: int) -> int:
    return max(round(value * scale), 1)


def has(paper: Candidate, phrase: tuple[int, str]) -> bool:
    kind, text = phrase
    if kind == AUTHOR:
        return text in [" ".join(split(name)) for name in paper.text.authors]
    wanted = split(text)
    for line in (split(paper.text.title), split(paper.text.abstract)):
        if any(line[at : at + len(wanted)] == wanted for at in range(len(line))):
            return True
    return False


def split(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text.casefold()).split()


def product(taste: bytes | None, vector: bytes | None) -> int:
    if taste is None or vector is None or taste[0] != 2 or vector[0] != 2:
        return 0
    *weights, constant = struct.unpack("<129h", taste[1:])
    numbers = struct.unpack("128b", vector[1:])
    if not any(numbers):
        return 0
    return sum(a * b for a, b in zip(weights, numbers, strict=True)) + 127 * constant


def random_world(random: Random, *, readers: int = 1, papers: int = 25, topics: int = 6) -> World:
    """Small numbers, so that shared topics, ties and repeats are common."""
    ids = range(1, random.randint(1, topics) + 1)
    phrases = {number: random_phrase(random) for number in range(1, 9)}
    directions = [random_vector(random) for _ in range(4)]
    tastes = [random_taste(random) for _ in range(4)]

    def some(values: list[float], chance: float = 0.5) -> dict[int, float]:
        return {topic: random.choice(values) for topic in ids if random.random() < chance}

    def one_of(some: list[bytes]) -> bytes | None:
        return random.choice([None, *some]) if random.random() < 0.7 else None

    numbers = random.sample(range(1, 2 * papers + 9), random.randint(0, papers))
    candidates = [
        Candidate(
            number,
            random.choice([0, 0.25, 0.5, 0.51234, 1]),
            some([0.5, 0.75, 0.9012, 1]),
            random_text(random),
            one_of(directions),
        )
        for number in numbers
    ]

    def reader(number: int) -> Reader:
        wished = random.sample(sorted(phrases), random.randint(0, 4))
        is_plain = random.random() < 0.3
        return Reader(
            number,
            some([0, 0.004, 0.5, 1, 1, 1.25, 2]),
            random.randint(0, 8),
            {paper for paper in numbers if random.random() < 0.3},
            0.4 if is_plain else random.choice([0, 0.25, 0.4, 0.994, 1]),
            () if is_plain else wished[:3],
            () if is_plain else wished[3:],
            None if is_plain else one_of(tastes),
            None if is_plain or random.random() < 0.6 else one_of(tastes),
        )

    return World([reader(number) for number in range(readers)], candidates, phrases)


def random_phrase(random: Random) -> tuple[int, str]:
    if random.random() < 0.3:
        return AUTHOR, " ".join(split(random.choice(NAMES)))
    words = random.choices(WORDS, k=random.randint(1, 3))
    return KEYWORD, " ".join(split(" ".join(words)))


def random_text(random: Random) -> Text:
    def line() -> str:
        words = random.choices(WORDS, k=random.randint(0, 6))
        return random.choice([" ", "-", ", "]).join(words).title()

    return Text(line(), line(), tuple(random.sample(NAMES, random.randint(0, 2))))


def random_vector(random: Random) -> bytes:
    """A direction near one axis or between two; some are of another version, or nothing."""
    values = near_axes(random)
    length = sum(value * value for value in values) ** 0.5
    numbers = [round(127 * value / length) for value in values]
    if random.random() < 0.1:
        numbers = [0] * 128
    return struct.pack("B128b", 1 if random.random() < 0.05 else 2, *numbers)


def random_taste(random: Random) -> bytes:
    """What likes an axis or two, some of them more than papers can be liked."""
    strength = random.choice([60, 127, 200, 400])
    numbers = [round(strength * value) for value in near_axes(random)]
    constant = random.choice([-60, -10, 0, 20])
    return struct.pack("<B129h", 1 if random.random() < 0.05 else 2, *numbers, constant)


def near_axes(random: Random) -> list[float]:
    values = [random.gauss(0, 0.02) for _ in range(128)]
    for axis in random.sample(range(3), random.randint(1, 2)):
        values[axis] += 1
    return values
