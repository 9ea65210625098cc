"""Keep what opens a reader's pages out of the logs."""

from __future__ import annotations

import logging
import re

PAGES = (
    "confirm|not-me|preferences|unsubscribe|return|address/new|address|export|erase|today"
    "|digests?|why|paper|feeds/mine"
)
TOKEN = re.compile(rf"(/(?:{PAGES})/)[^/\s\"']+")


class HideTokens(logging.Filter):
    """Replace the token in every address that a log line mentions."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if TOKEN.search(text):
            record.msg, record.args = TOKEN.sub(r"\1[token]", text), None
        return True
