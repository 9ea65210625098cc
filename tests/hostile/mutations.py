"""A token, changed in every way that somebody might try."""

from __future__ import annotations

import random
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator

ALPHABET = string.ascii_letters + string.digits + "-_"


def mutations(token: str, *, seed: int) -> Iterator[str]:
    """Without end: first each bit flipped and each character replaced, then at random."""
    yield from _all_flips(token)
    dice = random.Random(seed)
    while True:
        changed = dice.choice(WAYS)(token, dice)
        if changed.rstrip(".,;:)>] ") != token:
            yield changed


def _all_flips(token: str) -> Iterator[str]:
    raw = urlsafe_b64decode(token)
    for at in range(len(raw)):
        for bit in range(8):
            yield _flip(raw, at, 1 << bit)
    for at in range(len(token)):
        yield token[:at] + token[at + 1 :]
        yield token[:at] + token[at].swapcase() + token[at + 1 :] if token[at].isalpha() else ""
    for length in range(len(token)):
        yield token[:length]
    yield from (token + "=" * count for count in range(1, 4))
    yield from (token.lower(), token.upper(), token[::-1], token * 2, "", ".", "=" * 52, "~", "::")


def _flip(raw: bytes, at: int, mask: int) -> str:
    changed = bytearray(raw)
    changed[at] ^= mask
    return urlsafe_b64encode(bytes(changed)).decode()


def _some_bits(token: str, dice: random.Random) -> str:
    raw = urlsafe_b64decode(token)
    return _flip(raw, dice.randrange(len(raw)), dice.randrange(1, 256))


def _another_character(token: str, dice: random.Random) -> str:
    at = dice.randrange(len(token))
    return token[:at] + dice.choice(ALPHABET) + token[at + 1 :]


def _several_characters(token: str, dice: random.Random) -> str:
    found = list(token)
    for at in dice.sample(range(len(found)), dice.randint(2, 12)):
        found[at] = dice.choice(ALPHABET)
    return "".join(found)


def _inserted(token: str, dice: random.Random) -> str:
    at = dice.randrange(len(token) + 1)
    return token[:at] + dice.choice(ALPHABET + "=+/ \n\0\u0661%~:.") + token[at:]


def _swapped(token: str, dice: random.Random) -> str:
    first, second = sorted(dice.sample(range(len(token)), 2))
    middle = token[first + 1 : second]
    return token[:first] + token[second] + middle + token[first] + token[second + 1 :]


def _another_mac(token: str, dice: random.Random) -> str:
    """The same claims, signed by guess."""
    raw = urlsafe_b64decode(token)
    return urlsafe_b64encode(raw[:22] + dice.randbytes(len(raw) - 22)).decode()


def _another_body(token: str, dice: random.Random) -> str:
    """Other claims under the same signature: the id, the version or the time of another."""
    raw = urlsafe_b64decode(token)
    start, end = dice.choice([(0, 16), (16, 18), (18, 22), (0, 22)])
    return urlsafe_b64encode(raw[:start] + dice.randbytes(end - start) + raw[end:]).decode()


def _nothing_like_it(token: str, dice: random.Random) -> str:
    return "".join(dice.choices(ALPHABET, k=len(token)))


WAYS: list[Callable[[str, random.Random], str]] = [
    _some_bits,
    _another_character,
    _several_characters,
    _inserted,
    _swapped,
    _another_mac,
    _another_body,
    _nothing_like_it,
]
