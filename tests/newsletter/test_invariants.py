"""Each invariant finds what breaks it, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now

from newsletter import invariants
from newsletter.models import Delivery, Issue
from subscriptions.models import Letter, Subscriber, Suppression, address_hash
from subscriptions.verdicts import State
from tests.newsletter.rows import a_delivery, a_reader, an_issue, deliveries

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def broken() -> dict[str, tuple[str, ...]]:
    return {found.name: found.samples for found in invariants.check() if found.count}


def test_a_ledger_in_every_state_breaks_nothing():
    issue = an_issue()
    for state in State:
        a_delivery(issue, state, finished_at=now(), attempted_at=now(), lease_until=now() + HOUR)
    Letter.objects.create(subscriber=a_reader(), kind="confirm")
    a_reader(next_digest_at=now() - HOUR)
    assert broken() == {}
    assert [found.name for found in invariants.check()] == [f"I{n}" for n in range(1, 9)]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="it cannot forget a constraint alone")
def test_i1_finds_a_second_delivery_to_one_reader():
    [unique] = [c for c in Delivery._meta.constraints if c.name == "one_delivery_per_issue"]
    with connection.schema_editor() as editor:  # the test's transaction takes it back
        editor.remove_constraint(Delivery, unique)
    issue = an_issue()
    first = a_delivery(issue)
    second = a_delivery(issue, reader=first.subscriber)
    assert broken() == {"I1": (f"delivery {second.pk}",)}


def test_erased_readers_are_not_the_same_reader():
    issue = an_issue()
    deliveries(issue, accepted=2)
    Delivery.objects.update(subscriber=None, finished_at=now())
    assert broken() == {}


@pytest.mark.parametrize("expected", [1, 3])
def test_i2_finds_an_issue_with_fewer_or_more_deliveries_than_expected(expected):
    issue = an_issue()
    deliveries(issue, pending=2)
    assert broken() == {}
    Issue.objects.update(expected_count=expected)
    assert broken() == {"I2": (f"issue {issue.pk}",)}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("over", "is_broken"), [(1, False), (3600, True)])
def test_i3_finds_what_nobody_swept(state, over, is_broken):
    delivery = a_delivery(an_issue(), state, lease_until=now() - over * SECOND, finished_at=now())
    held = state in {State.CLAIMED, State.ATTEMPTING}
    assert broken() == ({"I3": (f"delivery {delivery.pk}",)} if held and is_broken else {})


def test_i3_and_i4_look_at_letters_too():
    rows = {"subscriber": a_reader(), "kind": "confirm"}
    left = Letter.objects.create(state=State.CLAIMED, lease_until=now() - HOUR, **rows)
    bare = Letter.objects.create(state=State.ACCEPTED, **rows)
    assert broken() == {"I3": (f"letter {left.pk}",), "I4": (f"letter {bare.pk}",)}


def test_i4_finds_an_accepted_delivery_without_a_time():
    delivery = a_delivery(an_issue(), State.ACCEPTED)
    assert broken() == {"I4": (f"delivery {delivery.pk}",)}


@pytest.mark.parametrize("state", Subscriber.State)
@pytest.mark.parametrize(("after", "is_late"), [(-60, False), (4, False), (6, True)])
def test_i5_finds_an_attempt_after_the_reader_left(state, after, is_late):
    left_at = now() - HOUR
    delivery = a_delivery(
        an_issue(),
        "deferred",
        reader=a_reader(state=state, state_changed_at=left_at),
        attempted_at=left_at + after * SECOND,
    )
    is_broken = is_late and state != Subscriber.State.CONFIRMED
    assert broken() == ({"I5": (f"delivery {delivery.pk}",)} if is_broken else {})


@pytest.mark.parametrize("key", ["now", "older"])
@pytest.mark.parametrize(("after", "is_broken"), [(-60, False), (4, False), (6, True)])
def test_i6_finds_an_attempt_to_a_suppressed_address(settings, key, after, is_broken):
    reader, at = a_reader(), now() - HOUR
    hashed = address_hash(reader.email.upper())
    Suppression.objects.create(address_hash=hashed, at=at)
    if key == "older":
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another" * 10
    a_delivery(an_issue(), "deferred", reader=reader, attempted_at=at + after * SECOND)
    assert broken() == ({"I6": (f"subscriber {reader.pk}",)} if is_broken else {})


@pytest.mark.parametrize(
    ("cadence", "hours", "is_broken"),
    [
        *(("daily", 11.9, False), ("daily", 12.1, True), ("weekdays", 12.1, True)),
        *(("weekly", 71.9, False), ("weekly", 72.1, True), ("monthly", 72.1, True)),
    ],
)
def test_i7_finds_who_was_due_and_forgotten(settings, cadence, hours, is_broken):
    settings.CATCH_UP_HOURS, settings.TICK_SECONDS = 12.0, 60.0
    reader = a_reader(cadence=cadence, next_digest_at=now() - timedelta(hours=hours))
    a_reader(state=Subscriber.State.UNSUBSCRIBED, next_digest_at=now() - 1000 * HOUR)
    assert broken() == ({"I7": (f"subscriber {reader.pk}",)} if is_broken else {})


def test_at_most_five_examples_are_given():
    deliveries(an_issue(), accepted=7)
    [found] = [found for found in invariants.check() if found.count]
    assert (found.count, len(found.samples)) == (7, 5)


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries):
    deliveries(an_issue(), accepted=3, pending=30)
    Delivery.objects.update(attempted_at=now())
    Suppression.objects.create(address_hash="0" * 64, at=now())
    with django_assert_max_num_queries(18):
        invariants.check()


def test_the_command_prints_a_table(capsys):
    call_command("check_ledger")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[1].split(maxsplit=2)[:2] == ["I2", "0"]


def test_the_command_fails_if_anything_is_broken(capsys):
    deliveries(an_issue(), accepted=1)
    with pytest.raises(CommandError, match="broken: I4") as error:
        call_command("check_ledger")
    assert error.value.returncode == 1
    assert "what was accepted has its key and its time: delivery " in capsys.readouterr().out


@pytest.mark.parametrize("gone", ["subscriber_id", "issue_id"])
def test_i8_finds_a_delivery_whose_reader_or_issue_is_gone(gone):
    delivery = a_delivery(an_issue())
    assert broken() == {}
    Delivery.objects.update(**{gone: 0})
    Issue.objects.update(expected_count=0 if gone == "issue_id" else 1)
    assert broken() == {"I8": (f"delivery {delivery.pk}",)}
