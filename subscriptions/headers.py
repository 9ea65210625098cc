"""Header lines of mail: ASCII, folded, and no text in them can start another one.  Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

LINE = 78  # octets of a folded line (RFC 5322 2.1.1)
WORD = 75  # octets of an encoded word (RFC 2047 2)

_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~ -]+", re.ASCII)
_PLAIN_IN_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-!*+/")
_WRAPPER = len("=?utf-8?q??=")


def header(name: str, value: str) -> bytes:
    """Return one header, encoded and folded, with its line end.

    Args:
        value: one line, as `mail.clean_header` returns it.
    """
    room = LINE - len(name) - 2
    is_plain = value.isascii() and "=?" not in value
    folded = _fold(value, room) if is_plain else "\r\n ".join(_encoded_words(value, room))
    return f"{name}: {folded}\r\n".encode("ascii")


def mailbox(name: str, address: str) -> str:
    """Return `name <address>` in ASCII, for a header that `verbatim` writes."""
    if not name:
        return f"<{address}>"
    if not name.isascii() or "=?" in name:
        name = " ".join(_encoded_words(name, LINE - 20))
    elif not _ATOMS.fullmatch(name):
        name = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{name} <{address}>"


def verbatim(name: str, value: str) -> bytes:
    """Return one header whose value is ASCII already, folded where it has spaces."""
    return f"{name}: {_fold(value, LINE - len(name) - 2)}\r\n".encode("ascii")


def _fold(value: str, room: int) -> str:
    """Break `value` between words; one that is longer than a line stays whole."""
    first, *rest = value.split(" ")
    lines = [first]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
            room = LINE - 1
    return "\r\n ".join(lines)


def _encoded_words(value: str, room: int) -> Iterator[str]:
    """Yield encoded words, the first at most `room` long; no character is cut in two."""
    octets = value.encode()
    quoted = sum(1 if octet in _PLAIN_IN_WORD or octet == 32 else 3 for octet in octets)
    is_base64 = quoted > len(octets) * 4 / 3
    limit, taken = min(WORD, room) - _WRAPPER, ""
    for char in value:
        if len(_payload(taken + char, is_base64)) > limit:
            yield _word(taken, is_base64)
            limit, taken = WORD - _WRAPPER, ""
        taken += char
    yield _word(taken, is_base64)


def _word(text: str, is_base64: bool) -> str:
    return f"=?utf-8?{'b' if is_base64 else 'q'}?{_payload(text, is_base64)}?="


def _payload(text: str, is_base64: bool) -> str:
    octets = text.encode()
    if is_base64:
        return b64encode(octets).decode()
    return "".join(
        chr(o) if o in _PLAIN_IN_WORD else "_" if o == 32 else f"={o:02X}" for o in octets
    )
