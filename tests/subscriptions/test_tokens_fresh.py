"""Links that are good for half an hour, and used up by what they do; tokens in mail addresses."""

from __future__ import annotations

from base64 import b32decode, b32encode
from datetime import timedelta
from itertools import product

import pytest
import time_machine

from subscriptions import mail_tokens, tokens
from subscriptions.models import AddressChange, Consent
from subscriptions.tokens import FRESH, BadToken, Purpose
from tests.conftest import MOMENT

HALF_AN_HOUR = timedelta(minutes=30)
OLD_KEY = "an older key that is still believed, long enough to be one"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber("ann@example.net")


def is_good(purpose: Purpose, token: str) -> bool:
    try:
        tokens.read(purpose, token)
    except BadToken:
        return False
    return True


def test_no_token_opens_another_page(reader):
    made = {purpose: tokens.make(purpose, reader) for purpose in Purpose}
    pairs = [pair for pair in product(Purpose, Purpose) if is_good(pair[0], made[pair[1]])]
    assert pairs == [(purpose, purpose) for purpose in Purpose]
    assert not any(is_good(purpose, mail_tokens.make(reader)) for purpose in Purpose)
    for token in made.values():
        with pytest.raises(BadToken):
            mail_tokens.read(token)


@pytest.mark.parametrize("purpose", FRESH)
def test_a_fresh_link_is_good_for_half_an_hour_whatever_is_asked(reader, clock, purpose):
    token = tokens.make(purpose, reader)
    clock.shift(HALF_AN_HOUR)
    assert tokens.read(purpose, token) == reader
    clock.shift(timedelta(minutes=1))
    with pytest.raises(BadToken):
        tokens.read(purpose, token, max_age=timedelta(days=99))


@pytest.mark.parametrize("purpose", [Purpose.ADDRESS, Purpose.EXPORT, Purpose.ERASE])
@pytest.mark.parametrize(
    "change", [{"email": "eve@example.net"}, {"state_changed_at": MOMENT - timedelta(seconds=1)}]
)
def test_a_link_is_used_up_when_the_address_or_the_state_changes(reader, purpose, change):
    token = tokens.make(purpose, reader)
    type(reader).objects.filter(pk=reader.pk).update(**change)
    assert not is_good(purpose, token)


def test_a_link_to_say_yes_is_about_one_address(reader):
    change = AddressChange.objects.create(
        subscriber=reader, email="new@example.net", asked_at=MOMENT
    )
    token = tokens.make(Purpose.NEW_ADDRESS, reader)
    assert is_good(Purpose.NEW_ADDRESS, token)
    change.email = "other@example.net"
    change.save()
    assert not is_good(Purpose.NEW_ADDRESS, token)


def test_a_link_to_come_back_is_about_one_leaving(reader):
    reader.consents.create(act=Consent.Act.LEFT, at=MOMENT)
    token = tokens.make(Purpose.RETURN, reader)
    assert is_good(Purpose.RETURN, token)
    reader.consents.create(act=Consent.Act.LEFT, at=MOMENT)
    assert not is_good(Purpose.RETURN, token)


@pytest.mark.parametrize("purpose", FRESH)
def test_no_changed_character_makes_another_fresh_link(reader, purpose):
    token = tokens.make(purpose, reader)
    for place in range(len(token)):
        for other in "Aa0_-=~.":
            mangled = token[:place] + other + token[place + 1 :]
            assert mangled == token or not is_good(purpose, mangled)


@pytest.mark.parametrize("purpose", FRESH)
def test_an_older_key_is_believed_until_it_is_removed(reader, settings, purpose):
    present, settings.SECRET_KEY = settings.SECRET_KEY, OLD_KEY
    token = tokens.make(purpose, reader)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = present, [OLD_KEY]
    assert is_good(purpose, token)
    settings.SECRET_KEY_FALLBACKS = []
    assert not is_good(purpose, token)


# --- in mail addresses ----------------------------------------------------------------


def test_a_token_in_an_address_survives_any_case_and_fits(reader):
    token = mail_tokens.make(reader)
    assert len(token) == mail_tokens.LENGTH
    assert len("n" * mail_tokens.LONGEST_NAME + "+" + token) == 64
    for mangled in (token, token.upper(), token.title()):
        assert mail_tokens.read(mangled) == reader


def test_it_lives_as_long_as_the_reader_and_his_links(reader, clock):
    token = mail_tokens.make(reader)
    clock.shift(timedelta(days=3650))
    assert mail_tokens.read(token) == reader
    reader.token_version = 1
    reader.save()
    with pytest.raises(BadToken):
        mail_tokens.read(token)


def test_no_flipped_bit_makes_another_one(reader):
    raw = b32decode(mail_tokens.make(reader), casefold=True)
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadToken):
            mail_tokens.read(b32encode(flipped).decode())


@pytest.mark.parametrize(
    "odd",
    ["", "a", "a" * 47, "a" * 49, "a" * 48, "1" * 48, "=" * 48, "ä" * 48, "٣" * 48, "\0" * 48],
)
def test_what_is_no_token_in_an_address_is_refused(db, odd):
    with pytest.raises(BadToken):
        mail_tokens.read(odd)


def test_an_older_key_is_believed_in_addresses_too(reader, settings):
    present, settings.SECRET_KEY = settings.SECRET_KEY, OLD_KEY
    token = mail_tokens.make(reader)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = present, [OLD_KEY]
    assert mail_tokens.read(token) == reader
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        mail_tokens.read(token)
