"""Sign-ups from other servers: only with a key, and under every limit of the form."""

from __future__ import annotations

import json

import pytest

from subscriptions import entrance
from subscriptions.models import Consent, Letter, Subscriber

KEY = "k" * 32
ADDRESS = "/api/v1/subscriptions"
State = Subscriber.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def opened(settings, monkeypatch):
    settings.API_SIGNUP_KEYS = ["x" * 40, KEY]
    monkeypatch.setattr(entrance, "ring_letters", lambda: None)


@pytest.fixture
def sign_up(client):
    def post(email="ann@example.net", *, key=KEY, body=None, **fields):
        said = body or json.dumps({"email": email, "topics": ["agents"], **fields})
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return client.post(ADDRESS, said, content_type="application/json", headers=headers)

    return post


def test_somebody_signs_up_and_is_asked(sign_up):
    response = sign_up(
        "Ann@Example.net", cadence="weekly", weekday=4, hour=9, time_zone="Asia/Tokyo"
    )
    assert response.status_code == 202
    reader = Subscriber.objects.get()
    assert (reader.email, reader.state) == ("ann@example.net", State.PENDING)
    assert (reader.cadence, reader.weekday, reader.hour) == ("weekly", 4, 9)
    assert reader.time_zone == "Asia/Tokyo"
    assert [topic.slug for topic in reader.topics.all()] == ["agents"]
    assert Letter.objects.get().kind == Letter.Kind.CONFIRM
    assert Consent.objects.get().page == "/api/v1/"


def test_the_answer_says_nothing_about_the_address(sign_up, make_subscriber):
    answers = set()
    for state in State:
        make_subscriber(f"{state}@example.net", state=state)
        response = sign_up(f"{state}@example.net")
        answers.add((response.status_code, response.content, tuple(sorted(response.items()))))
    answers.add((*_short(sign_up("new@example.net")),))
    assert len(answers) == 1


def _short(response):
    return response.status_code, response.content, tuple(sorted(response.items()))


def test_without_keys_there_is_no_such_address(sign_up, settings, client):
    settings.API_SIGNUP_KEYS = []
    assert sign_up().status_code == 404
    assert sign_up(key="").status_code == 404
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("key", ["", "k", KEY + "k", KEY.upper(), "é" * 32, "x" * 10_000])
def test_with_a_wrong_key_nobody_comes_in(sign_up, key):
    response = sign_up(key=key)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"email": "a@localhost"}, "email"), ({"email": "a\0@example.net"}, "email"),
        ({"email": "a"}, "email"), ({"email": None}, "email"), ({"email": ["a@b.ch"]}, "email"),
        ({"email": "\ud800@example.net"}, "email"), ({"topics": []}, "topics"),
        ({"topics": ["nothing"]}, "topics"), ({"topics": "agents"}, "topics"),
        ({"topics": ["agents", 3]}, "topics.1"), ({"topics": ["x"] * 101}, "topics"),
        ({"cadence": "hourly"}, "cadence"), ({"weekday": 7}, "weekday"), ({"hour": -1}, "hour"),
        ({"hour": 1e400}, "hour"), ({"hour": "7"}, "hour"), ({"hour": False}, "hour"),
        ({"time_zone": "x" * 65}, "time_zone"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(sign_up, fields, name):
    response = sign_up(**fields)
    assert response.status_code == 422
    assert list(response.json()["fields"]) == [name]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "3", "{", '{"email": NaN}', "[" * 100_000, "\ud800", '{"email":1}']
)
def test_what_is_no_sign_up_is_refused(sign_up, body):
    response = sign_up(body=body.encode("utf-8", "surrogatepass") or b" ")
    assert response.status_code in {400, 422}
    assert set(response.json()) == {"code", "message", "fields"}


def test_ten_megabytes_are_refused(sign_up):
    assert sign_up(body="x" * 10_000_000).status_code == 400


def test_what_nobody_may_choose_is_ignored(sign_up):
    sign_up(state="confirmed", is_staff=True, token_version=9, stamp="x", website="https://x")
    reader = Subscriber.objects.get()
    assert (reader.state, reader.token_version) == (State.PENDING, 0)


def test_the_limits_of_the_form_hold(sign_up, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 2
    found = [sign_up(f"reader{number}@example.net").status_code for number in range(3)]
    assert found == [202, 202, 429]
    assert Subscriber.objects.count() == 2


def test_one_address_gets_only_so_many_letters(sign_up, settings):
    for _ in range(6):
        assert sign_up().status_code == 202
    sent = Letter.objects.filter(state="pending").count()
    assert 0 < sent <= settings.SIGNUPS_PER_ADDRESS_A_DAY


def test_pages_of_other_sites_may_not_sign_anybody_up(client, sign_up):
    options = client.options(ADDRESS)
    assert (options.status_code, options["Allow"]) == (204, "POST")
    assert not options.has_header("Access-Control-Allow-Methods")
    response = sign_up()
    assert not response.has_header("Access-Control-Allow-Origin")
    assert response["Cache-Control"] == "no-store"
    assert client.get(ADDRESS).status_code == 405
