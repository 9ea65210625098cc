"""The transport through real Anymail backends, to a service on a real socket."""

from __future__ import annotations

import random
from itertools import chain, repeat

import pytest
from django.core import mail as django_mail

from subscriptions.esp import BackendTransport, calls
from subscriptions.outgoing import Fate, Unreachable
from tests.subscriptions.esp_steps import (
    BATCHES,
    PATHS,
    Mail,
    Notes,
    fates,
    ids,
    mails,
    send,
    service,
    taken,
)


@pytest.mark.parametrize("name", PATHS)
def test_every_service_takes_each_mail_once_and_says_its_id(settings, name):
    with service(settings) as esp:
        results = send(name, mails(120))
        assert fates(results) == ["ACCEPTED"] * 120
        assert taken(esp) == list(range(120))
    assert all(result.detail for result in results.values())
    assert {one.key for one in esp.log} == {one.key for one in mails(120)}


@pytest.mark.parametrize(
    ("name", "most"), [("postmark", 500), ("resend", 100), ("mailjet", 50), ("mailtrap", 500)]
)
def test_a_call_has_as_many_mails_as_the_service_takes(settings, name, most):
    notes = Notes()
    with service(settings):
        send(name, mails(most + 3), notes=notes)
    assert [len(call) for call in notes.calls] == [most, 3]


@pytest.mark.parametrize("name", PATHS)
def test_a_bad_address_is_refused_for_good_and_the_others_go(settings, name):
    with service(settings) as esp:
        results = send(name, [Mail(7, "bad@example.net"), *mails(5), Mail(8, "inactive@a.org")])
        assert taken(esp) == ids(results, "ACCEPTED") == [0, 1, 2, 3, 4]
    assert ids(results, "NEVER") == [7, 8]
    assert not any("@" in results[number].detail for number in (7, 8))


@pytest.mark.parametrize("together", [True, False])
def test_what_postmark_calls_inactive_is_said_to_be_so(settings, together):
    with service(settings):
        result = send("postmark", [Mail(7, "inactive@a.org"), *mails(int(together))])[7]
    assert result.fate == Fate.NEVER
    assert "inactive" in result.detail


def test_one_bad_mail_in_a_batch_that_is_refused_whole_fails_alone(settings):
    notes = Notes()
    with service(settings, strict=True) as esp:
        results = send(
            "postmark", [*mails(40), Mail(77, "bad@a.org"), *mails(23, 100)], notes=notes
        )
        assert taken(esp) == ids(results, "ACCEPTED")
    assert ids(results, "NEVER") == [77]
    assert len(results) == 64
    assert sum(77 in call for call in notes.calls) == 7  # 64 mails, halved to one


def test_halving_stops_when_it_may_not_go_on(settings):
    answers = chain([True, True, True], repeat(False))
    with service(settings, strict=True) as esp:
        results = send("postmark", [Mail(9, "bad@a.org"), *mails(3)],
                       may_go_on=lambda: next(answers))  # fmt: skip
        assert len(esp.requests) == 2
    assert set(fates(results)) == {"LATER"}
    assert len(results) == 4


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    ("faults", "fate"),
    [
        ({"unauthorised": True}, "LATER"),
        ({"busy": 1}, "LATER"),
        ({"broken": 1}, "LATER"),
        ({"drop": 1}, "UNKNOWN"),
    ],
)
def test_trouble_with_a_call_is_trouble_of_each_of_its_mails(settings, name, faults, fate):
    with service(settings, **faults):
        results = send(name, mails(2))
    assert fates(results) == [fate] * 2


@pytest.mark.parametrize("name", [name for name in PATHS if name != "sendgrid"])
@pytest.mark.parametrize("fault", ["bad_json", "empty"])
@pytest.mark.parametrize("count", [1, 3])
def test_an_answer_that_says_nothing_leaves_a_doubt(settings, name, fault, count):
    if (name, fault) == ("brevo", "empty"):
        pytest.skip("an empty answer of Brevo is a yes")
    with service(settings, **{fault: 1}):
        results = send(name, mails(count))
    assert fates(results) == ["UNKNOWN"] * count


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [("7", 7, 7), ("date", 20, 31), ("-5", None, None), ("1e9", None, None)],
)
@pytest.mark.parametrize("count", [1, 2])
def test_how_long_to_wait_is_carried_with_each_result(settings, said, low, high, count):
    with service(settings, busy=1, retry_after=said):
        waits = {result.retry_after for result in send("postmark", mails(count)).values()}
    assert len(waits) == 1
    wait = waits.pop()
    assert wait is None if low is None else low <= wait <= high


def test_an_answer_that_never_ends_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(calls, "ANSWER_SECONDS", 0.1)
    with service(settings, drip=1) as esp:
        assert fates(send("postmark", mails(2))) == ["UNKNOWN"] * 2
        assert taken(esp) == [0, 1]


@pytest.mark.parametrize(("told", "bound"), [({}, (5, 30)), ({"REQUESTS_TIMEOUT": 2}, (2, 2))])
def test_waiting_for_a_service_is_bounded_as_the_operator_says(settings, told, bound):
    with service(settings):
        settings.ANYMAIL |= told
        transport = BackendTransport(PATHS["postmark"])
        transport.close()
    assert transport._backend.timeout == bound


def test_a_service_that_is_not_there_leaves_all_untouched(settings):
    with service(settings) as esp:
        pass
    notes, transport = Notes(), BackendTransport(PATHS["postmark"], batch=2)
    outgoing = iter(mails(9))
    results = transport.send(outgoing, notes, may_go_on=lambda: True)
    assert [next(results)[1].fate, next(results)[1].fate] == [Fate.UNTOUCHED] * 2
    with pytest.raises(Unreachable):
        next(results)
    transport.close()
    assert [one.entry_id for one in outgoing] == list(range(2, 9))
    assert [result.fate for result in notes.results.values()] == [Fate.UNTOUCHED] * 2
    assert esp.log == []


@pytest.mark.parametrize(
    "path",
    ["django.core.mail.backends.locmem.EmailBackend", "anymail.backends.test.EmailBackend"],
)
def test_backends_for_development_take_mail(path):
    django_mail.outbox = []
    results = send(path, mails(2))
    assert fates(results) == ["ACCEPTED"] * 2
    assert [one.to for one in django_mail.outbox] == [["r0@example.net"], ["r1@example.net"]]
    assert all(result.detail for result in results.values())


def test_a_folder_for_development_is_written(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    assert fates(send("django.core.mail.backends.filebased.EmailBackend", mails(2))) == [
        "ACCEPTED", "ACCEPTED",
    ]  # fmt: skip
    assert sum(path.read_text().count("Subject: 7 papers") for path in tmp_path.iterdir()) == 2


@pytest.mark.parametrize("name", BATCHES)
def test_a_thousand_spoilt_batches_end_each_mail_in_one_right_result(settings, name):
    chance = random.Random(7)
    with service(settings, item_errors=0.1, short=0.2, reordered=0.2, keys=60) as esp:
        first, results = 0, {}
        for _ in range(250):  # of each of four services
            count = chance.randrange(2, 12)
            results |= send(name, mails(count, first))
            first += count
        assert len(results) == first
        _are_right(results, taken(esp))
    assert ids(results, "UNKNOWN")
    assert len(ids(results, "ACCEPTED")) > first / 2


@pytest.mark.parametrize("name", BATCHES)
def test_no_fault_makes_a_result_say_what_is_not_so(settings, name):
    faults = {"drop": 0.1, "busy": 0.1, "broken": 0.05, "burst": 3, "bad_json": 0.05, "empty": 0.05}
    with service(settings, **faults, item_errors=0.05, short=0.05, keys=60) as esp:
        results = send(name, mails(800), batch=5)
        assert len(results) == 800
        _are_right(results, taken(esp))
    assert {"ACCEPTED", "LATER", "UNKNOWN"} <= set(fates(results))


@pytest.mark.parametrize("name", BATCHES)
def test_in_order_and_complete_nothing_is_in_doubt(settings, name):
    with service(settings, item_errors=0.2) as esp:
        results = send(name, mails(400))
        assert ids(results, "ACCEPTED") == taken(esp)
    assert ids(results, "UNKNOWN") == []


def _are_right(results, accepted):
    assert len(set(accepted)) == len(accepted)
    assert set(ids(results, "ACCEPTED")) <= set(accepted)
    assert not set(ids(results, "NEVER") + ids(results, "LATER")) & set(accepted)
