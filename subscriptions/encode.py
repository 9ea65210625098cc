"""Text as quoted-printable bytes with places to fill in, and a message of two parts.  Pure.

Everything here is ASCII with CRLF line ends, no body line is longer than 76 octets, and none
begins with a dot, so nothing has to be stuffed for SMTP (RFC 5321 4.5.2).
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

LINE = 75  # octets before a soft line break, whose "=" is the 76th (RFC 2045 6.7)
SOFT = b"=\r\n"
# Neither can occur in quoted-printable text, so no text can hold it.
BOUNDARY = "=_the_other_part"

# Where something is to be filled in: its name between two characters that no text has.
OPEN, CLOSE = "\x02", "\x03"
_MARK = re.compile(rf"{OPEN}(\w+){CLOSE}")
_UNSAFE = re.compile(rb"[^\t\n -<>-~]|[\t ](?=\n)")
_QUOTED = [b"=%02X" % octet for octet in range(256)]


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


@dataclass(frozen=True, slots=True)
class Form:
    """An encoded text with places to fill in: one more piece than there are names."""

    pieces: Sequence[bytes]
    names: Sequence[str]

    @classmethod
    def of(cls, text: str, widths: Mapping[str, int]) -> Self:
        return cls(pieces(text, widths), _MARK.findall(text))

    def parts(self, name: str) -> list[Form]:
        """Cut it at a place."""
        cuts = [at for at, found in enumerate(self.names) if found == name]
        starts, ends = [0, *[at + 1 for at in cuts]], [*cuts, len(self.names)]
        return [
            Form(self.pieces[start : end + 1], self.names[start:end])
            for start, end in zip(starts, ends, strict=True)
        ]

    def only(self, *sections: str) -> Form:
        """Leave out what stands between "begin_x" and "end_x", but for these sections x."""
        pieces, names, until = [self.pieces[0]], [], ""
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            kind, _, section = name.partition("_")
            if until and name != until:
                continue
            if kind == "begin" and section not in sections:
                until = f"end_{section}"
            elif kind in {"begin", "end"}:
                until = ""
                pieces[-1] += piece
            else:
                names.append(name)
                pieces.append(piece)
        return Form(pieces, names)

    def bound(self, values: Mapping[str, bytes]) -> Form:
        """Fill in these places for good; the others stay."""
        pieces, names = [self.pieces[0]], []
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            if name in values:
                pieces[-1] += values[name] + piece
            else:
                names.append(name)
                pieces.append(piece)
        return Form(pieces, names)

    def filled(self, values: Mapping[str, bytes]) -> list[bytes]:
        """Return the pieces with what is filled in between them."""
        found = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            found += (values[name], piece)
        return found


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
ALONE = (
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
)
END = f"\r\n--{BOUNDARY}--\r\n".encode()


def message(headers: Iterable[bytes], *, text: bytes, html: bytes) -> bytes:
    """Return the whole message; the parts are quoted-printable."""
    return b"".join([*headers, START, text, BETWEEN, html, END])
