"""`make demo` as a person starts it: what it refuses, and that one folder has one demo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.demo.product import Busy, Product
from newsletter.demo.valkey import ServerMissing, Valkey

ROOT = Path(__file__).parents[3]


def test_a_folder_has_one_demo_at_a_time(tmp_path):
    product = Product(tmp_path / "demo", is_fresh=False, prefers_known_ports=False)
    with pytest.raises(Busy):
        Product(tmp_path / "demo", is_fresh=False, prefers_known_ports=False)
    product.stop()


def test_links_stay_good_until_the_demo_starts_over(tmp_path):
    def secret(*, is_fresh):
        product = Product(tmp_path / "demo", is_fresh=is_fresh, prefers_known_ports=False)
        product.stop()
        return product.processes.environment["SECRET_KEY"]

    first = secret(is_fresh=False)
    assert secret(is_fresh=False) == first
    assert secret(is_fresh=True) != first


def test_a_server_that_is_no_server_is_named(monkeypatch):
    monkeypatch.setenv("REDIS_SERVER", "/bin/false")
    with pytest.raises(ServerMissing, match="/bin/false did not start"):
        Valkey()


def test_a_page_that_is_not_there_ends_the_demo_with_one_clear_line(tmp_path):
    command = [sys.executable, "-m", "newsletter.demo", "--once", "--page", "no such page.txt"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no such page.txt" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
