"""Asking a reader whether he may be counted, and keeping what he said."""

from __future__ import annotations

import pytest

from subscriptions import optin
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import chosen, path


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber(topics=["agents"])


@pytest.fixture
def save(client, reader):
    def post(**fields):
        assert client.post(path(Purpose.PREFERENCES, reader), chosen(**fields)).status_code == 303
        reader.refresh_from_db()
        return reader.is_counted

    return post


@pytest.mark.parametrize("setting", ["COUNT_OPENS", "COUNT_CLICKS"])
def test_who_agrees_is_counted_until_he_takes_it_back(save, reader, settings, setting):
    setattr(settings, setting, True)
    assert save(is_counted="on") is True
    assert save() is False
    agreed, taken_back = reader.consents.all()
    assert (agreed.act, agreed.wording_id) == ("counted", "counting-1")
    assert (agreed.wording, agreed.page) == (optin.COUNTING, "/preferences/")
    assert (taken_back.act, taken_back.wording) == ("uncounted", "")


def test_what_stays_as_it_was_is_not_recorded(save, reader, settings):
    settings.COUNT_CLICKS = True
    save()
    save(is_counted="on")
    save(is_counted="on")
    assert reader.consents.count() == 1


def test_the_page_asks_in_the_words_that_are_recorded(client, reader, settings):
    settings.COUNT_OPENS = True
    content = client.get(path(Purpose.PREFERENCES, reader)).content.decode()
    assert optin.COUNTING in content
    assert "checked" not in content.split('name="is_counted"')[1].split(">")[0]


def test_where_nothing_is_counted_nobody_is_asked_and_nobody_can_agree(client, save, reader):
    assert b"is_counted" not in client.get(path(Purpose.PREFERENCES, reader)).content
    assert save(is_counted="on") is False


def test_what_a_reader_said_outlives_a_setting_that_is_turned_off(save, reader, settings):
    settings.COUNT_OPENS = True
    save(is_counted="on")
    settings.COUNT_OPENS = False
    assert save() is True


def test_who_does_not_read_any_more_cannot_agree(make_subscriber):
    gone = make_subscriber(state=Subscriber.State.UNSUBSCRIBED)
    optin.agree_to_counting(gone, True, at=MOMENT, ip=None, page="/preferences/")
    gone.refresh_from_db()
    assert gone.is_counted is False
    assert not gone.consents.exists()
