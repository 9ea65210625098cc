"""Which language a text is in, as far as its letters tell.  Pure."""

from __future__ import annotations

import re

OF_PAPERS = "en"  # what is in Latin letters: there are others, and far fewer
# Which of them a screen reader should speak; letters of no other language are as clear.
SCRIPTS = {
    "ko": re.compile("[\uac00-\ud7a3]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "ar": re.compile("[\u0620-\u064a]"),
}
KANA = re.compile("[\u3041-\u30ff]")  # between Chinese letters, they make them Japanese


def language_of(text: str) -> str:
    """Return the language that most of `text` must be in by its letters, or nothing."""
    letters = sum(char.isalpha() for char in text)
    for language, script in SCRIPTS.items():
        if len(script.findall(text)) * 3 > letters:
            return "ja" if language == "zh" and KANA.search(text) else language
    return ""
