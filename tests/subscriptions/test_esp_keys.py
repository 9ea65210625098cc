"""A call that is repeated under its key doubles nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from subscriptions.esp import keeps_keys
from subscriptions.ids import new_id
from subscriptions.outgoing import Fate
from tests.subscriptions.esp_steps import (
    PATHS,
    Mail,
    Notes,
    fates,
    mails,
    send,
    service,
    taken,
)


def test_the_table_says_how_long_a_call_may_be_repeated():
    assert keeps_keys(PATHS["resend"]) == timedelta(hours=24, minutes=-5)
    assert keeps_keys(PATHS["brevo"]) == timedelta(minutes=25)
    assert keeps_keys(PATHS["postmark"]) is None
    assert keeps_keys("django.core.mail.backends.locmem.EmailBackend") is None


@pytest.mark.parametrize(("name", "calls"), [("resend", [100, 20]), ("brevo", [1] * 120)])
def test_each_call_has_a_key_that_is_noted_before(settings, name, calls):
    notes = Notes()
    with service(settings, keys=60) as esp:
        send(name, mails(120), notes=notes)
        assert [len(call) for call in notes.calls] == calls
        assert [str(notes.keys[call[0]]) for call in notes.calls] == list(esp.known_keys())


@pytest.mark.parametrize("name", ["resend", "brevo"])
@pytest.mark.parametrize("count", [1, 130])
def test_an_answer_that_is_lost_doubles_nothing_where_keys_are_known(settings, name, count):
    notes = Notes()
    with service(settings, keys=60, drop=0.6, seed=3) as esp:
        results = send(name, mails(count), notes=notes)
        while left := [one for one in mails(count) if results[one.entry_id].fate == Fate.UNKNOWN]:
            key = notes.keys[left[0].entry_id]
            call = [one for one in left if notes.keys[one.entry_id] == key]
            results |= send(name, call, notes=notes, again=key)
        assert taken(esp) == list(range(count))
        assert any(status == 0 for _, _, status in esp.requests)
    assert fates(results) == ["ACCEPTED"] * count


@pytest.mark.parametrize("left", [5, 4, 1])
def test_what_is_left_of_a_call_that_was_taken_is_known_though_its_text_changed(settings, left):
    notes = Notes()
    with service(settings, keys=60, drop=1) as esp:
        assert fates(send("resend", mails(5), notes=notes)) == ["UNKNOWN"] * 5
        esp.faults.drop = 0
        again = [Mail(one.entry_id, one.recipient, "Changed") for one in mails(left)]
        assert fates(send("resend", again, again=notes.keys[0])) == ["ACCEPTED"] * left
        assert taken(esp) == [0, 1, 2, 3, 4]


def test_what_is_left_of_a_call_that_never_came_is_taken(settings):
    with service(settings, keys=60) as esp:
        assert fates(send("resend", mails(4), again=new_id())) == ["ACCEPTED"] * 4
        assert taken(esp) == [0, 1, 2, 3]


@pytest.mark.parametrize("fault", [{"broken": 1}, {"busy": 1}, {"unauthorised": True}])
def test_not_now_to_a_repeated_call_leaves_the_doubt(settings, fault):
    with service(settings, keys=60, **fault):
        results = send("resend", mails(2), again=new_id())
    assert fates(results) == ["UNKNOWN"] * 2


def test_a_call_that_cannot_go_in_one_any_more_is_not_repeated(settings):
    with service(settings, keys=60) as esp:
        assert fates(send("brevo", mails(2), again=new_id())) == ["UNKNOWN"] * 2
        assert taken(esp) == []


def test_not_now_after_a_doubt_stays_a_doubt(settings):
    with service(settings, keys=60, drop=1, seed=1) as esp:
        turn = iter([True, True, True])

        def may_go_on():
            go = next(turn, False)
            if len(esp.requests) == 1:
                esp.faults.broken = 1
            return go

        assert fates(send("resend", mails(2), may_go_on=may_go_on)) == ["UNKNOWN"] * 2
        assert [status for _, _, status in esp.requests] == [0, 500]
