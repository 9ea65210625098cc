from __future__ import annotations

import random
from datetime import timedelta
from itertools import permutations

import pytest

from newsletter import event_rows, events
from newsletter.models import Delivery, Event, SoftBounce
from subscriptions.bounces import Kind
from subscriptions.models import Letter, Subscriber, Suppression, suppressed_among
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.event_steps import bounced, happening, mail_to, state, tell

States = Subscriber.State
KINDS = [kind for kind in Kind if kind]


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber("ann@example.net")


@pytest.fixture
def delivery(reader):
    return mail_to(reader)


# --- what became of a mail -----------------------------------------------------------------


@pytest.mark.parametrize("start", range(len(KINDS)))
def test_five_events_in_any_order_give_the_same_state(make_subscriber, start):
    kinds = [KINDS[(start + 2 * step) % len(KINDS)] for step in range(5)]
    reader = make_subscriber()
    delivery = mail_to(reader)
    told = [happening(delivery, kind, minutes=n) for n, kind in enumerate(kinds)]
    found = []
    for order in permutations(told):
        for one in order:
            tell(one)
        found.append((state(), Event.objects.outcome(delivery), bounced(reader)))
        Event.objects.all().delete()
        Suppression.objects.all().delete()
        SoftBounce.objects.all().delete()
        Subscriber.objects.update(state=States.CONFIRMED, bounce_score=0, bounced_at=None)
    assert all(one == found[0] for one in found)
    assert found[0][1] == max(kinds)


def test_a_replay_in_other_batches_and_another_order_changes_nothing(make_subscriber):
    dice = random.Random(5)
    mails = [mail_to(make_subscriber()) for _ in range(60)]
    told = [happening(dice.choice(mails), dice.choice(KINDS), minutes=n) for n in range(300)]
    states = []
    for size in (7, 1, 50):
        for start in range(0, len(told), size):
            tell(*told[start : start + size])
        states.append(state())
        dice.shuffle(told)
    assert states[0] == states[1] == states[2]
    assert Event.objects.count() == 300


def test_events_are_counted_once(delivery):
    one = happening(delivery)
    assert tell(one, one) == 1
    assert tell(one) == 0


def test_a_mail_is_what_the_last_of_its_stations_says(delivery):
    tell(happening(delivery, Kind.DELIVERED), happening(delivery, Kind.SENT))
    assert Event.objects.outcome(delivery) is Kind.DELIVERED


def test_nothing_told_is_no_outcome(delivery):
    assert Event.objects.outcome(delivery) is None


def test_more_events_than_one_statement_takes_are_stored(delivery, monkeypatch):
    monkeypatch.setattr(events, "AT_ONCE", 10)
    assert tell(*[happening(delivery, minutes=n) for n in range(25)]) == 25


def test_a_text_that_would_shift_the_columns_is_refused():
    with pytest.raises(ValueError, match="more than one line"):
        event_rows._lines(["one", "two\nthree"], count=2)


# --- what the reader feels -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.COMPLAINED, States.SUPPRESSED),
        (Kind.LEFT, States.UNSUBSCRIBED),
        (Kind.HARD, States.BOUNCED),
        (Kind.INACTIVE, States.BOUNCED),
        *[(kind, States.CONFIRMED) for kind in KINDS if kind not in {49, 50, 60, 70}],
    ],
)
def test_a_reader_feels_what_concerns_him(reader, delivery, kind, expected):
    tell(happening(delivery, kind))
    assert bounced(reader) == expected
    is_stopped = expected in {States.SUPPRESSED, States.BOUNCED}
    assert suppressed_among([reader.email]) == ({reader.email} if is_stopped else set())


def test_a_suppression_says_why(delivery):
    tell(happening(delivery, Kind.HARD))
    assert Suppression.objects.get().reason == "no such address, says sendgrid"


def test_who_unsubscribes_by_the_service_has_that_on_record(reader, delivery):
    tell(happening(delivery, Kind.LEFT))
    assert reader.consents.get().page == "told by sendgrid"


def test_a_thousand_policy_blocks_cost_nobody_his_subscription(make_subscriber):
    mails = [mail_to(make_subscriber()) for _ in range(50)]
    tell(*[happening(mails[n % 50], Kind.BLOCKED, minutes=n) for n in range(1000)])
    assert Subscriber.objects.deliverable().count() == 50
    assert not Suppression.objects.exists()


def test_five_mails_that_came_back_within_hours_stop_the_sixth(reader):
    mails = [mail_to(reader, on=MOMENT.date() + n * timedelta(days=1)) for n in range(5)]
    tell(*[happening(mail, Kind.SOFT) for mail in mails[:4]])
    assert bounced(reader) == States.CONFIRMED
    assert reader.bounce_score == 4
    tell(happening(mails[4], Kind.SOFT))
    assert bounced(reader) == States.BOUNCED


def test_one_mail_that_came_back_five_times_counts_once(reader, delivery):
    tell(*[happening(delivery, Kind.SOFT, minutes=n) for n in range(5)])
    assert bounced(reader) == States.CONFIRMED
    assert reader.bounce_score == 1
    assert reader.bounced_at == MOMENT


def test_a_bounce_from_before_the_reader_came_back_is_past(reader, delivery):
    Subscriber.objects.update(state_changed_at=MOMENT + timedelta(hours=1))
    tell(*[happening(delivery, kind) for kind in (Kind.HARD, Kind.LEFT, Kind.INACTIVE)])
    assert bounced(reader) == States.CONFIRMED


# --- whom an event may concern ---------------------------------------------------------------


def test_ten_thousand_forged_events_change_nobody(make_subscriber):
    mails = [mail_to(make_subscriber()) for _ in range(20)]
    kinds = [Kind.LEFT, Kind.COMPLAINED, Kind.HARD, Kind.INACTIVE]
    forged = [
        happening(mails[n % 20], kinds[n % 4], recipient=f"reader{n}@example.com")
        for n in range(5000)
    ]
    unknown = [
        happening(mails[n % 20], kinds[n % 4], entry=f"{n:032x}", message_id=f"x{n}")
        for n in range(5000)
    ]
    assert tell(*forged, *unknown) == 10_000
    assert Subscriber.objects.deliverable().count() == 20
    assert not Event.objects.filter(is_ours=True).exists()
    assert not Suppression.objects.exists()


def test_an_event_without_a_recipient_concerns_nobody(reader, delivery):
    tell(happening(delivery, Kind.COMPLAINED, recipient=""))
    assert bounced(reader) == States.CONFIRMED


def test_an_event_about_an_erased_reader_is_stored(reader, delivery):
    one = happening(delivery, Kind.HARD)
    reader.delete()
    assert tell(one) == 1
    assert not Event.objects.get().is_ours


def test_an_address_is_the_same_in_capitals(reader, delivery):
    tell(happening(delivery, Kind.HARD, recipient="ANN@Example.net"))
    assert bounced(reader) == States.BOUNCED


def test_a_mail_is_found_by_the_id_that_the_service_gave_it(reader):
    delivery = mail_to(reader, provider_id="pm-1")
    tell(happening(delivery, Kind.HARD, entry="", message_id="pm-1"))
    assert Event.objects.get().entry == delivery.public_id
    assert bounced(reader) == States.BOUNCED


def test_the_id_of_a_mail_to_another_reader_finds_nothing(reader, make_subscriber):
    delivery = mail_to(reader, provider_id="pm-1")
    tell(happening(delivery, Kind.HARD, entry="", message_id="pm-1", recipient="bob@example.net"))
    assert Event.objects.get().entry is None


def test_a_letter_that_comes_back_stops_its_reader(reader):
    letter = Letter.objects.create(subscriber=reader, kind=Letter.Kind.CONFIRM)
    tell(happening(letter, Kind.HARD))
    assert bounced(reader) == States.BOUNCED


# --- mails in doubt ------------------------------------------------------------------------


@pytest.mark.parametrize("doubt", [State.UNCERTAIN, State.PARKED])
@pytest.mark.parametrize("kind", KINDS)
def test_any_word_of_a_mail_in_doubt_settles_it(reader, doubt, kind):
    delivery = mail_to(reader, state=doubt)
    tell(happening(delivery, kind))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.ACCEPTED, events.SAID)


def test_a_letter_in_doubt_is_settled(reader):
    letter = Letter.objects.create(
        subscriber=reader, kind=Letter.Kind.CONFIRM, state=State.UNCERTAIN
    )
    tell(happening(letter))
    letter.refresh_from_db()
    assert letter.state == State.ACCEPTED


@pytest.mark.parametrize("other", [State.PENDING, State.SKIPPED, State.ATTEMPTING, State.FAILED])
def test_a_mail_that_is_not_in_doubt_stays_as_it_is(reader, other):
    delivery = mail_to(reader, state=other)
    tell(happening(delivery))
    assert Delivery.objects.get().state == other


def test_a_word_that_came_before_the_doubt_settles_it_at_the_next_sweep(reader):
    delivery = mail_to(reader, state=State.ATTEMPTING)
    tell(happening(delivery))
    Delivery.objects.update(state=State.UNCERTAIN)
    assert events.settle_known() == 1
    assert Delivery.objects.get().state == State.ACCEPTED


@pytest.mark.parametrize("waiting", [State.PENDING, State.CLAIMED, State.DEFERRED])
def test_a_word_of_a_mail_that_is_to_be_sent_once_more_keeps_it_back(reader, waiting):
    delivery = mail_to(reader, state=waiting, resends=1)
    tell(happening(delivery))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.ACCEPTED, events.SAID)
    assert Delivery.objects.claim(limit=5, lease=timedelta(minutes=1))
    assert Delivery.objects.counts() == {State.ACCEPTED: 1}


def test_a_forged_word_settles_nothing(reader):
    delivery = mail_to(reader, state=State.UNCERTAIN)
    tell(happening(delivery, recipient="bob@example.net"))
    assert events.settle_known() == 0
    assert Delivery.objects.get().state == State.UNCERTAIN


# --- forgetting ------------------------------------------------------------------------------


def test_old_events_are_forgotten(delivery):
    tell(happening(delivery, minutes=0), happening(delivery, minutes=5))
    assert events.forget(before=MOMENT + timedelta(minutes=1)) == 1
    assert Event.objects.count() == 1
