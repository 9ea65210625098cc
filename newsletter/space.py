"""Is there room on the disks that sending writes to?"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

GIGABYTE = 10**9


def free(folder: Path) -> int:
    """Return the free bytes for us where `folder` is or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def folders() -> list[Path]:
    """Where sending writes on this machine: the journal, and SQLite's file."""
    found = [Path(settings.JOURNAL_DIR)]
    if connection.vendor == "sqlite":
        found.append(Path(str(connection.settings_dict["NAME"])).parent)
    return found


def shortage() -> str:
    """Say why no issue may be started on this machine now; empty if one may."""
    least = int(settings.MIN_FREE_GB * GIGABYTE)
    for folder in folders():
        if (left := free(folder)) < least:
            return f"only {left / GIGABYTE:.1f} GB are free in {folder}"
    return ""


def has_room() -> bool:
    """Whether an issue may be started on this machine now; the log says why not."""
    if why := shortage():
        logger.error("no issue is started: %s", why)
        return False
    return True
