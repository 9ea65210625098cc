"""Text from strangers: made safe to store, and made comparable."""

from __future__ import annotations

import hashlib
import re
from unicodedata import category, normalize

KEY_LENGTH = 500  # as Paper.title_key

# C0 and C1 controls that are no white space, marks that reorder the text around them, and
# the byte order mark.  Postgres refuses NUL; the marks can make a title read as another one.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def clean(text: str, *, limit: int) -> str:
    """Return `text` on one line, in NFC, at most `limit` characters long.

    Idempotent.  White space of any kind becomes single spaces, lone surrogates become
    U+FFFD, and characters that control rather than print are left out.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    line = " ".join(_UNSEEN.sub("", whole).split())
    return normalize("NFC", line)[:limit].rstrip()


def title_key(title: str) -> str:
    """Return what stays the same when a title is typed again: letters, marks and digits.

    At most `KEY_LENGTH` characters; a longer key ends with a hash of all of it.  A title
    of nothing but symbols is its own key, so that two of them are not taken for one paper.
    """
    key = " ".join(words(title) or _folded(title).split())
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: KEY_LENGTH - 17]} {digest}"


def words(text: str) -> list[str]:
    """Return the words of a text without case and punctuation: letters, marks and digits."""
    folded = _folded(text)
    for char in set(folded):
        if category(char)[0] not in "LMN":
            folded = folded.replace(char, " ")
    return folded.split()


def _folded(text: str) -> str:
    # Some letters fall into three when they are normalised.
    return normalize("NFKC", normalize("NFKC", clean(text, limit=4 * len(text))).casefold())
