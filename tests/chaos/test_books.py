"""The books of the fault suite notice what they are there for."""

from __future__ import annotations

from collections import Counter

from subscriptions.verdicts import State
from tests.chaos.books import Books, Copy, Log

ANN, BOB, EVE = "ann@example.net", "bob@example.net", "eve@example.net"


def books(*recipients: str, doubts: tuple[str, ...] = (), **states: str) -> Books:
    copies = [Copy(recipient, f"key of {recipient}", 0.0) for recipient in recipients]
    names = {"ann": ANN, "bob": BOB, "eve": EVE}
    ledger = {names[name]: state for name, state in states.items()}
    return Books(copies, ledger, Counter(doubts))


def test_who_is_said_to_have_a_mail_that_nobody_took_is_lost():
    assert books(ANN, ann=State.ACCEPTED, bob=State.ACCEPTED).lost == {BOB}


def test_who_was_forgotten_or_given_up_is_lost():
    assert books(ann=State.PENDING, bob=State.FAILED).lost == {ANN, BOB}


def test_who_is_listed_is_not_lost():
    listed = books(ann=State.PARKED, bob=State.SKIPPED, eve=State.REJECTED)
    assert not listed.lost
    assert listed.parked == {ANN}


def test_who_is_said_to_have_a_mail_has_it_only_if_the_server_took_it():
    assert books(ANN, ann=State.ACCEPTED, bob=State.ACCEPTED, eve=State.PARKED).accepted == {ANN}


def test_copies_beyond_the_first_are_extra():
    found = books(ANN, ANN, ANN, BOB, ann=State.ACCEPTED, bob=State.ACCEPTED)
    assert found.extras == {ANN: 2}
    assert found.most == 3


def test_a_copy_is_explained_by_each_kill_at_which_the_mail_was_in_doubt():
    once = books(ANN, ANN, ANN, BOB, BOB, doubts=(ANN, BOB), ann=State.ACCEPTED)
    assert once.unexplained == {ANN: 1}


def test_a_mail_that_changes_its_key_is_noticed():
    copies = [Copy(ANN, "one", 0.0), Copy(ANN, "two", 1.0)]
    assert Books(copies, {ANN: State.ACCEPTED}).keys_per_mail == 2


def test_a_log_counts_what_is_appended_while_it_is_read(tmp_path):
    log = Log(tmp_path / "accepted", columns=(0, 1, 2))
    assert log.count() == 0
    with log.path.open("a") as file:
        for number in (1, 2):
            file.write(f"{ANN}\tkey\t{number}\n")
            file.flush()
            assert log.count() == number
    assert log.copies() == [Copy(ANN, "key", 1.0), Copy(ANN, "key", 2.0)]
