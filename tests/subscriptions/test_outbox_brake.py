"""A mail service that refuses everything must not be asked about everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from subscriptions import chunk, gates, outbox
from subscriptions.models import Letter
from subscriptions.outgoing import Fate, Result
from subscriptions.verdicts import State
from tests.subscriptions.outbox_steps import NO, YES, Way, compose, post


@pytest.fixture
def service_answers(monkeypatch):
    """Let the mail service answer in turn."""

    def set_answers(*answers, before=lambda mail: None) -> None:
        way = Way(*answers)
        way.before = before
        monkeypatch.setattr(outbox, "open_transport", lambda: way)

    return set_answers


def test_a_service_that_refuses_everything_is_left_alone(
    make_letter, states, service_answers, caplog
):
    for _ in range(25):
        make_letter()
    service_answers(*[NO] * 25)
    woken = []
    assert post(wake=lambda: woken.append(1)) == 10
    assert states() == {State.REJECTED: 10, State.PENDING: 15}
    assert Letter.objects.filter(state=State.PENDING, owner=None, claims=0).count() == 15
    assert not woken
    assert "10 mails in a row were refused" in caplog.text
    assert post() == 10  # the next doorbell tries again


def test_a_gate_that_closes_while_a_chunk_is_composed_holds_it_back(
    make_letter, states, service_answers, settings
):
    make_letter(), make_letter()
    service_answers()

    def compose_as_it_closes(letter):
        gates.learn([("other", Result(Fate.LATER, "429", retry_after=60))], failures=1)
        return compose(letter)

    assert post(compose_as_it_closes, is_paced=True) == 0
    assert set(Letter.objects.values_list("state", "claims", "attempts")) == {("pending", 0, 0)}
    assert not list(Path(settings.JOURNAL_DIR).glob("letter.*"))
    assert post() == 2


def test_a_gate_that_closes_while_a_chunk_goes_out_ends_it(
    make_letter, states, service_answers, monkeypatch
):
    for _ in range(4):
        make_letter()
    monkeypatch.setattr(chunk, "ASK_AGAIN", 0.0)

    def hear(mail):
        if mail.entry_id == Letter.objects.order_by("pk")[1].pk:
            gates.learn([("other", Result(Fate.LATER, "429", retry_after=60))], failures=1)

    service_answers(before=hear)
    assert post(is_paced=True) == 2
    assert states() == {State.ACCEPTED: 2, State.PENDING: 2}


def test_letters_do_not_ask_whether_digests_must_wait(make_letter, service_answers):
    make_letter()
    gates.learn([("other", Result(Fate.LATER, "429", retry_after=60))], failures=1)
    service_answers()
    assert post() == 1


def test_the_brake_counts_over_chunks(make_letter, service_answers, settings):
    settings.CLAIM_SIZE = 4
    for _ in range(12):
        make_letter()
    service_answers(*[NO] * 12)
    assert post() == 10


@pytest.mark.parametrize(("answers", "done"), [([NO] * 9 + [YES], 20), ([YES] + [NO] * 10, 11)])
def test_one_accepted_mail_makes_refusals_single_cases(make_letter, service_answers, answers, done):
    for _ in range(20):
        make_letter()
    service_answers(*answers, *answers)
    assert post() == done
