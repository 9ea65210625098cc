from __future__ import annotations

import gzip

import pytest


@pytest.fixture
def saved(tmp_path):
    def save(name, content):
        path = tmp_path / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(content.encode()))
        else:
            path.write_text(content)
        return path

    return save
