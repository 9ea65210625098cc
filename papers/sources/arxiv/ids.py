"""arXiv's names of a paper: addresses, OAI identifiers, versions.  Pure functions."""

from __future__ import annotations

import re

from papers.sources import fields

_PLACE = re.compile(r".*?(?:/abs/|oai:arXiv\.org:|arXiv:)", re.IGNORECASE | re.DOTALL)
_VERSION = re.compile(r"v(\d{1,3})", re.ASCII)


def identified(name: str) -> tuple[str, int]:
    """Return id and version of "http://arxiv.org/abs/2603.00001v2" or "oai:arXiv.org:2603.00001".

    The id is "" if this names no paper; the version is 0 if none is told.
    """
    bare = _PLACE.sub("", name.strip(), count=1)
    identifier = fields.arxiv_id(bare)
    version = bare.removeprefix(identifier) if identifier else ""
    return identifier, version_number(version)


def version_number(text: str) -> int:
    """Read "v2"; 0 for anything else."""
    found = _VERSION.fullmatch(text.strip())
    return int(found[1]) if found else 0
