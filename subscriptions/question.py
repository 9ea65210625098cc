"""A question in plain words, which anybody can answer and a program that fills in forms cannot.

No picture, no sound and no script: a sum of two small numbers, written out.  It comes from
the stamp of its form, so nothing is stored, and whoever does not know our key cannot tell
which stamp has which sum.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

LARGEST = 12


def text(nonce: str) -> str:
    """Return the question that belongs to this nonce, in the present language."""
    first, second = _numbers(nonce)
    words = _words()
    return _("What is %(first)s plus %(second)s?") % {
        "first": words[first - 1],
        "second": words[second - 1],
    }


def is_right(nonce: str, answer: str) -> bool:
    """Whether that answers it: in digits of any script, with space around."""
    typed = answer.strip()
    return typed.isdecimal() and len(typed) < 4 and int(typed) == sum(_numbers(nonce))


def _numbers(nonce: str) -> tuple[int, int]:
    octets = salted_hmac("subscriptions.question", nonce, algorithm="sha256").digest()
    first, second = int.from_bytes(octets[:8]), int.from_bytes(octets[8:16])
    return first % LARGEST + 1, second % LARGEST + 1


def _words() -> list[str]:
    return [
        _("one"), _("two"), _("three"), _("four"), _("five"), _("six"),
        _("seven"), _("eight"), _("nine"), _("ten"), _("eleven"), _("twelve"),
    ]  # fmt: skip
