"""Text from strangers: made safe to store, made readable, and made comparable."""

from __future__ import annotations

import hashlib
import re
from unicodedata import category, normalize

from papers import tex

KEY_LENGTH = 500  # as Paper.title_key
MOST_ROUNDS = 8  # of reading TeX that was escaped again and again

# C0 and C1 controls that are no white space, marks that reorder the text around them, and
# characters without a width.  Postgres refuses NUL; the others can make a title read as another
# one, or hide something in it.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# Joiners have no width either, but change the letters and emoji between which they stand.
_JOINERS = "\u200c\u200d"
_JOINED = "\u0590-\u1cff\u2190-\ud7ff\uf900-\U000dffff"
_LOOSE_JOINER = re.compile(rf"[{_JOINERS}](?![{_JOINED}])|(?<![{_JOINED}])[{_JOINERS}]")
_LIGATURES = dict(enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"), 0xFB00))
# What one source writes in Unicode and another spells out: "pi_0", "times".
_SPELLED = {
    **{ord(char): name for name, char in reversed(tex.GREEK.items()) if name.islower()},
    ord("\u00d7"): " times ",
    **dict.fromkeys(map(ord, "^_{}"), ""),
}


def clean(text: str, *, limit: int) -> str:
    """Return `text` on one line, in NFC, at most `limit` characters long.

    Idempotent.  White space of any kind becomes single spaces, lone surrogates become
    U+FFFD, and characters that control rather than print are left out.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    seen = _UNSEEN.sub("", whole)
    if any(joiner in seen for joiner in _JOINERS):
        seen = _LOOSE_JOINER.sub("", normalize("NFC", seen))
    line = normalize("NFC", " ".join(seen.split()))
    return line[:limit].rstrip(f" {_JOINERS}")


def readable(text: str, *, limit: int) -> str:
    """Return `text` as it is shown: its TeX in Unicode, ligatures as letters, and `clean`.

    Idempotent; never raises.  What was escaped twice is read twice.
    """
    before = clean(text, limit=max(limit, len(text)))
    for _ in range(MOST_ROUNDS):
        after = clean(tex.to_unicode(before).translate(_LIGATURES), limit=limit)
        if after == before:
            return after
        before = after
    return clean(text, limit=limit)


def title_key(title: str) -> str:
    """Return what stays the same when a title is typed again: letters, marks and digits.

    At most `KEY_LENGTH` characters; a longer key ends with a hash of all of it.  A title
    of nothing but symbols is its own key, so that two of them are not taken for one paper.
    """
    folded = _folded(title)
    key = " ".join(_words(folded.translate(_SPELLED)) or folded.split())
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: KEY_LENGTH - 17]} {digest}"


def words(text: str) -> list[str]:
    """Return the words of a text without case and punctuation: letters, marks and digits."""
    return _words(_folded(text))


def _words(folded: str) -> list[str]:
    for char in set(folded):
        if category(char)[0] not in "LMN":
            folded = folded.replace(char, " ")
    return folded.split()


def _folded(text: str) -> str:
    # Some letters fall into three when they are normalised.
    return normalize("NFKC", normalize("NFKC", clean(text, limit=4 * len(text))).casefold())
