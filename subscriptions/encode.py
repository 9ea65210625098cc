"""Bytes of mail: headers, quoted-printable text, and a message of two parts.  Pure.

Everything here is ASCII with CRLF line ends, no body line is longer than 76 octets, and none
begins with a dot, so nothing has to be stuffed for SMTP (RFC 5321 4.5.2).
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import a2b_qp
from collections.abc import Iterable, Iterator, Mapping

LINE = 75  # octets before a soft line break, whose "=" is the 76th (RFC 2045 6.7)
HEADER_LINE = 78  # octets of a folded header line (RFC 5322 2.1.1)
WORD = 75  # octets of an encoded word (RFC 2047 2)
SOFT = b"=\r\n"
# Neither can occur in quoted-printable text, so no text can hold it.
BOUNDARY = "=_the_other_part"

# Where something is to be filled in: its name between two characters that no text has.
OPEN, CLOSE = "\x02", "\x03"
_MARK = re.compile(rf"{OPEN}(\w+){CLOSE}")
_UNSAFE = re.compile(rb"[^\t\n -<>-~]|[\t ](?=\n)")
_QUOTED = [b"=%02X" % octet for octet in range(256)]

_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~ -]+", re.ASCII)
_PLAIN_IN_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-!*+/")
_WRAPPER = len("=?utf-8?q??=")


# --- quoted-printable -----------------------------------------------------------------


def mark(name: str) -> str:
    """Return what stands in a text where `name` is to be filled in."""
    return f"{OPEN}{name}{CLOSE}"


def quote(text: str) -> bytes:
    """Return `text` as a block: it begins on a new line, and whatever follows it may, too."""
    return pieces(f"{text}{mark('end')}", {})[0]


def pieces(text: str, widths: Mapping[str, int]) -> list[bytes]:
    """Return what stands before, between and behind the marks of `text`, encoded.

    Args:
        text: without a space at its very end.
        widths: how many octets are filled in for a name, at most; they are ASCII, not empty
            and do not begin with a dot.  A name without a width takes a block of `quote`.
    """
    found, column = [], 0
    parts = _MARK.split(text)
    for static, name in zip(parts[::2], [*parts[1::2], None], strict=True):
        encoded, column = _lay_out(static, column)
        if name is None:
            pass
        elif name in widths and column + widths[name] <= LINE:
            column += widths[name]
        elif column:
            encoded += SOFT
            column = widths.get(name, 0)
        else:
            column = widths.get(name, 0)
        found.append(encoded)
    return found


def names(text: str) -> list[str]:
    """Return the names of the marks in `text`, in their order."""
    return _MARK.findall(text)


def unquote(encoded: bytes) -> str:
    """Return the text that `pieces` and `quote` encoded."""
    return a2b_qp(encoded).decode().replace("\r\n", "\n")


def _lay_out(text: str, column: int) -> tuple[bytes, int]:
    """Encode `text`, which goes on at `column` of a line; return the column where it ends."""
    quoted = _UNSAFE.sub(lambda found: _QUOTED[found[0][0]], text.encode())
    lines = []
    for line in quoted.split(b"\n"):
        chunks = list(_chunks(line, column))
        lines.append(SOFT.join(chunks))
        # The first chunk stands behind what was there before.
        column = len(chunks[0]) + column if len(chunks) == 1 else len(chunks[-1])
        end, column = column, 0
    return b"\r\n".join(lines), end


def _chunks(line: bytes, column: int) -> Iterator[bytes]:
    """Cut one encoded line where soft breaks go, never inside of "=3D"."""
    start, room = 0, LINE - column
    at_line_start = column == 0
    while True:
        dot = b"=2E" if at_line_start and line[start : start + 1] == b"." else b""
        begin = start + 1 if dot else start
        end = begin + max(room - len(dot), 0)
        if end >= len(line):
            yield dot + line[begin:]
            return
        equals = line.rfind(b"=", max(begin, end - 2), end)
        end = equals if equals >= 0 else end
        yield dot + line[begin:end]
        start, room, at_line_start = end, LINE, True


# --- headers --------------------------------------------------------------------------


def header(name: str, value: str) -> bytes:
    """Return one header, encoded and folded, with its line end.

    Args:
        value: one line, as `mail.clean_header` returns it.
    """
    room = HEADER_LINE - len(name) - 2
    is_plain = value.isascii() and "=?" not in value
    folded = _fold(value, room) if is_plain else "\r\n ".join(_encoded_words(value, room))
    return f"{name}: {folded}\r\n".encode("ascii")


def mailbox(name: str, address: str) -> str:
    """Return `name <address>` in ASCII, for a header that `verbatim` writes."""
    if not name:
        return f"<{address}>"
    if not name.isascii() or "=?" in name:
        name = " ".join(_encoded_words(name, HEADER_LINE - 20))
    elif not _ATOMS.fullmatch(name):
        name = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{name} <{address}>"


def verbatim(name: str, value: str) -> bytes:
    """Return one header whose value is ASCII already, folded where it has spaces."""
    return f"{name}: {_fold(value, HEADER_LINE - len(name) - 2)}\r\n".encode("ascii")


def _fold(value: str, room: int) -> str:
    """Break `value` between words; one that is longer than a line stays whole."""
    first, *rest = value.split(" ")
    lines = [first]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
            room = HEADER_LINE - 1
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


# --- a message ------------------------------------------------------------------------

START = (
    "MIME-Version: 1.0\r\n"
    f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n'
    "\r\n"
    f"--{BOUNDARY}\r\n"
    'Content-Type: text/plain; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
).encode()
BETWEEN = (
    "\r\n"
    f"--{BOUNDARY}\r\n"
    'Content-Type: text/html; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
).encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()


def message(headers: Iterable[bytes], *, text: bytes, html: bytes) -> bytes:
    """Return the whole message; the parts are quoted-printable."""
    return b"".join([*headers, START, text, BETWEEN, html, END])
