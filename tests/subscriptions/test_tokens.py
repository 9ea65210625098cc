"""A link works for its own purpose and reader only, and forgives what mail programs do."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
import time_machine

from subscriptions import tokens
from subscriptions.tokens import BadToken, Purpose
from tests.conftest import MOMENT

CONFIRM = Purpose.CONFIRM
DAY = timedelta(days=1)


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber()


@pytest.fixture
def token(reader):
    return tokens.make(CONFIRM, reader)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_finds_its_reader(purpose, reader):
    token = tokens.make(purpose, reader)

    assert tokens.read(purpose, token) == reader
    assert len(token) < 110


@pytest.mark.parametrize(("made_for", "used_for"), list(permutations(Purpose, 2)))
def test_a_token_fits_no_other_purpose(made_for, used_for, reader):
    with pytest.raises(BadToken):
        tokens.read(used_for, tokens.make(made_for, reader))


def test_no_flipped_bit_goes_unnoticed(token):
    for position, letter in enumerate(token):
        for bit in range(7):
            flipped = token[:position] + chr(ord(letter) ^ (1 << bit)) + token[position + 1 :]
            if flipped.rstrip(".,;:)>] ") != token:
                with pytest.raises(BadToken):
                    tokens.read(CONFIRM, flipped)


def test_no_shortened_token_works(token):
    for length in range(len(token)):
        with pytest.raises(BadToken):
            tokens.read(CONFIRM, token[:length])


@pytest.mark.parametrize("tail", [".", ")", ">", ",", "]", " ", ").", ";"])
def test_punctuation_after_a_token_is_forgiven(tail, token, reader):
    assert tokens.read(CONFIRM, token + tail) == reader


@pytest.mark.parametrize(
    "text",
    ["", "~", ":", "%00", "\0", "\ud800", "٣" * 40, "a" * 65_536, '{"alg":"none"}', "../..", "=="],
)
def test_nonsense_is_only_a_bad_token(text, db):
    with pytest.raises(BadToken):
        tokens.read(CONFIRM, text)


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase, lambda t: t + "=="])
def test_a_mangled_token_is_refused(change, token):
    with pytest.raises(BadToken):
        tokens.read(CONFIRM, change(token))


def test_raising_the_version_revokes_every_link(reader, token):
    reader.token_version += 1
    reader.save()

    with pytest.raises(BadToken):
        tokens.read(CONFIRM, token)


def test_the_token_of_an_erased_reader_is_bad(reader, token):
    reader.delete()

    with pytest.raises(BadToken):
        tokens.read(CONFIRM, token)


@pytest.mark.parametrize(("late", "works"), [(0, True), (60, False)])
def test_a_token_expires_to_the_minute(reader, late, works):
    with time_machine.travel(MOMENT, tick=False) as clock:
        token = tokens.make(CONFIRM, reader)
        clock.shift(DAY + timedelta(seconds=late))
        if works:
            assert tokens.read(CONFIRM, token, max_age=DAY) == reader
        else:
            with pytest.raises(BadToken):
                tokens.read(CONFIRM, token, max_age=DAY)


def test_without_an_age_limit_a_token_outlives_the_mail(reader):
    with time_machine.travel(MOMENT, tick=False):
        token = tokens.make(Purpose.UNSUBSCRIBE, reader)
    with time_machine.travel(MOMENT + 3650 * DAY, tick=False):
        assert tokens.read(Purpose.UNSUBSCRIBE, token) == reader


def test_a_rotated_key_still_reads_and_a_removed_one_does_not(settings, token, reader):
    old, settings.SECRET_KEY = settings.SECRET_KEY, "y" * 60
    settings.SECRET_KEY_FALLBACKS = [old]
    assert tokens.read(CONFIRM, token) == reader

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        tokens.read(CONFIRM, token)
