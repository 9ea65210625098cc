"""Keep what opens a reader's pages out of the logs."""

from __future__ import annotations

import logging
import re

TOKEN = re.compile(r"(/(?:confirm|not-me|preferences|unsubscribe|today|digest|paper)/)[^/\s\"']+")


class HideTokens(logging.Filter):
    """Replace the token in every address that a log line mentions."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if TOKEN.search(text):
            record.msg, record.args = TOKEN.sub(r"\1[token]", text), None
        return True
