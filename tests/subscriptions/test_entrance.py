"""What becomes of a sign-up when many come, when a form is used again, with the brake on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from subscriptions import brake, entrance, forms, limits
from subscriptions.models import Letter, SignUpCount, Subscriber
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.subscriptions.test_question import solve

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
QUESTION = "subscriptions/question.html"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _many_networks(settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 1000


@pytest.fixture
def sign_up(client, make_topic, monkeypatch):
    make_topic("agents")
    monkeypatch.setattr(entrance, "ring_letters", lambda: None)
    serial = iter(range(10**6))

    def post(email=None, **fields):
        email = email or f"ann{next(serial)}@host{next(serial)}.example.net"
        fields.setdefault("stamp", forms.make_stamp(now() - timedelta(seconds=5)))
        sent = {"email": email, "topics": ["agents"], "cadence": "weekly", **fields}
        return client.post("/", sent)

    return post


@pytest.fixture
def braked(db, settings):
    settings.SIGNUPS_AN_HOUR = 2
    brake.state()
    brake.pull("a test", at=MOMENT)


def is_taken(response):
    return (response.status_code, response.get("Location")) == (303, "/check-inbox/")


def is_later(response):
    return (response.status_code, response.get("Location")) == (303, "/check-inbox/?later")


def is_asked(response):
    return response.status_code == 200 and response.templates[0].name == QUESTION


def kept(response):
    """The hidden fields of the page with the question."""
    form = response.context["form"]
    found = {}
    for name, value in form.kept:
        found.setdefault(name, []).append(value)
    return found, form.known_stamp.nonce


# --- each form once -------------------------------------------------------------------


def test_a_form_is_good_for_one_sign_up(sign_up):
    stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
    answers = [sign_up(stamp=stamp) for _ in range(100)]

    assert [is_taken(answer) for answer in answers] == [True] + [False] * 99
    assert Subscriber.objects.count() == 1
    again = answers[-1].context["form"]
    assert again.non_field_errors() == [entrance.SENT_BEFORE]
    assert is_taken(sign_up(stamp=again["stamp"].value()))


def test_a_form_of_an_hour_ago_is_still_good_for_one_only_after_midnight(sign_up, clock):
    clock.move_to(MOMENT.replace(hour=23, minute=59))
    stamp = forms.make_stamp(MOMENT)
    assert is_taken(sign_up(stamp=stamp))
    clock.shift(2 * MINUTE)
    assert not is_taken(sign_up(stamp=stamp))


def test_of_two_with_one_stamp_a_bot_in_the_trap_uses_nothing_up(sign_up):
    stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
    assert is_taken(sign_up(stamp=stamp, website="x"))
    assert not SignUpCount.objects.exists()


# --- domains --------------------------------------------------------------------------


def test_a_burst_for_one_domain_goes_out_in_the_next_minutes(sign_up, settings):
    settings.SIGNUPS_PER_DOMAIN_A_MINUTE = 2
    answers = [sign_up(f"reader{number}@example.com") for number in range(5)]
    sign_up("reader@example.net")

    assert all(map(is_taken, answers))
    turns = Letter.objects.order_by("pk").values_list("state", "next_at")
    assert list(turns) == [
        *[(State.PENDING, None)] * 2,
        *[(State.DEFERRED, MOMENT + MINUTE)] * 2,
        (State.DEFERRED, MOMENT + 2 * MINUTE),
        (State.PENDING, None),
    ]


def test_a_letter_that_must_not_go_out_does_not_wait_either(sign_up, settings, make_subscriber):
    settings.SIGNUPS_PER_DOMAIN_A_MINUTE = 0
    make_subscriber("gone@example.com", state="bounced")
    sign_up("gone@example.com")

    assert Letter.objects.get().state == State.SKIPPED
    assert Letter.objects.get().next_at is None


def test_the_longest_domain_has_a_bucket(sign_up):
    assert is_taken(sign_up("a@" + "a." * 120 + "example"))


# --- the brake ------------------------------------------------------------------------


def test_more_than_usual_put_the_brake_on_at_once(sign_up, settings):
    settings.SIGNUPS_AN_HOUR = 3
    answers = [sign_up() for _ in range(6)]

    assert [is_taken(answer) for answer in answers] == [True] * 3 + [False] * 3
    assert all(map(is_asked, answers[3:]))
    assert brake.is_on(brake.state(), at=MOMENT)
    assert Subscriber.objects.count() == 3


def test_while_it_is_on_an_unanswered_sign_up_writes_no_new_row(sign_up, braked):
    sign_up()
    rows = SignUpCount.objects.count()
    for _ in range(50):
        assert is_asked(sign_up())

    assert SignUpCount.objects.count() == rows
    assert not Subscriber.objects.exists()


def test_whoever_answers_is_written_to_at_once(sign_up, braked):
    fields, nonce = kept(sign_up("ann@example.net"))
    assert is_taken(sign_up(**{**fields, "answer": str(solve(nonce))}))

    reader = Subscriber.objects.get(email="ann@example.net")
    assert (reader.cadence, reader.letters.get().state) == ("weekly", State.PENDING)


def test_a_wrong_answer_is_asked_another_question(sign_up, braked):
    first = sign_up()
    fields, nonce = kept(first)
    second = sign_up(**{**fields, "answer": "1"})

    assert is_asked(second)
    assert str(entrance.WRONG) in second.content.decode()
    renewed, other = kept(second)
    assert other != nonce
    assert is_asked(sign_up(**{**renewed, "answer": str(solve(nonce) + 100)}))
    assert not is_taken(sign_up(**{**fields, "answer": str(solve(nonce))}))  # it was used up
    assert is_later(sign_up(**{**kept(sign_up())[0], "later": "1"}))


def test_whoever_waits_gets_a_turn_within_the_usual_number(sign_up, braked):
    for _ in range(5):
        assert is_later(sign_up(later="1"))

    turns = Letter.objects.order_by("pk").values_list("state", "next_at")
    hours = [1, 1, 2, 2, 3]
    assert list(turns) == [(State.DEFERRED, MOMENT + hour * HOUR) for hour in hours]


def test_whoever_waits_is_told_so(sign_up, braked, client):
    assert b"You chose to wait" in client.get(sign_up(later="1")["Location"]).content
    assert b"You chose to wait" not in client.get("/check-inbox/").content


def test_nobody_waits_for_more_than_a_day(sign_up, braked, settings):
    settings.SIGNUPS_AN_HOUR = 1
    answers = [sign_up(later="1") for _ in range(25)]

    assert [is_later(answer) for answer in answers] == [True] * 24 + [False]
    assert answers[-1].status_code == 429
    assert answers[-1].context["form"].non_field_errors() == [entrance.ALL_FULL]
    assert max(Letter.objects.values_list("next_at", flat=True)) == MOMENT + 24 * HOUR


def test_of_those_who_answer_so_many_are_written_to_and_the_others_wait(sign_up, braked):
    answers = []
    for _ in range(11):
        stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
        nonce = forms.read_stamp(stamp).nonce
        answers.append(sign_up(stamp=stamp, answer=str(solve(nonce))))

    assert all(map(is_taken, answers[:10]))
    assert is_later(answers[10])
    assert Letter.objects.pending().count() == 2 * entrance.TIMES_ANSWERED
    assert Letter.objects.filter(state=State.DEFERRED).count() == 1


def test_a_network_has_its_limit_with_the_brake_on_too(sign_up, braked, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 2
    answers = [sign_up(answer="1") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_the_page_with_the_question_keeps_what_was_filled_in_and_escapes_it(sign_up, braked):
    response = sign_up(more='"><script>alert(1)</script>', website="", hour="9")
    fields, _ = kept(response)

    assert set(fields) == {"email", "topics", "cadence", "stamp", "hour", "more"}
    assert b"<script>alert" not in response.content
    assert b'name="website"' not in response.content


def test_when_it_is_over_everything_is_as_before(sign_up, braked, clock):
    assert is_asked(sign_up())
    clock.shift(HOUR)
    assert is_taken(sign_up())


def test_who_answers_or_waits_does_not_keep_it_on(sign_up, braked, clock):
    clock.shift(50 * MINUTE)
    for fields in ({"later": "1"}, {"answer": "1"}, {}):
        sign_up(**fields)
    assert brake.state().until == MOMENT + HOUR


def test_the_question_of_a_page_that_stayed_open_is_no_more_needed(sign_up, braked, clock):
    fields, _ = kept(sign_up())
    clock.shift(HOUR)
    assert is_taken(sign_up(**{**fields, "answer": "1"}))


def test_who_waits_takes_room_from_the_hour_in_which_the_letter_goes(sign_up, braked, clock):
    for _ in range(2):
        sign_up(later="1")
    clock.shift(HOUR)

    assert is_asked(sign_up())
    assert not limits.allow("everybody", limit=2, span=HOUR, at=MOMENT + HOUR)
