from __future__ import annotations

import shutil

import pytest

from newsletter import space


@pytest.fixture
def folder(settings, tmp_path):
    settings.JOURNAL_DIR = str(tmp_path / "not" / "yet")
    return tmp_path


def test_a_folder_that_is_not_there_yet_has_the_room_of_the_one_above(folder):
    free = shutil.disk_usage(folder).free
    assert space.free(folder / "not" / "yet") == pytest.approx(free, rel=0.05)


def test_enough_room_is_no_shortage(settings, folder):
    settings.MIN_FREE_GB = 0.0
    assert space.shortage() == ""


def test_too_little_room_is_said_with_the_figure_and_the_place(settings, folder):
    settings.MIN_FREE_GB = 1e9
    assert space.shortage().startswith("only ")
    assert str(folder) in space.shortage()
