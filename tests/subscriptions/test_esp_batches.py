from __future__ import annotations

import json
import random

import pytest
import requests
from anymail.message import AnymailMessage
from django.core.mail import get_connection

from subscriptions.esp.batches import FORMS, place
from subscriptions.outgoing import Fate, Result
from tests.fakes.esp import ITEM, anymail
from tests.subscriptions.esp_steps import PATHS

YES, NO, LATER = Result(Fate.ACCEPTED, "id"), Result(Fate.NEVER, "no"), Result(Fate.LATER, "no")
ABC = {"a@x.org": 0, "b@x.org": 1, "c@x.org": 2}
BATCHES = ["postmark", "resend", "mailjet", "mailtrap"]


@pytest.mark.parametrize(
    ("items", "fates"),
    [
        ([("a@x.org", YES), ("b@x.org", YES), ("c@x.org", YES)], "ACCEPTED ACCEPTED ACCEPTED"),
        ([("C@X.org", NO), ("a@x.org", YES), ("b@x.org", YES)], "ACCEPTED ACCEPTED NEVER"),
        ([("a@x.org", YES), (None, NO), (None, LATER)], "ACCEPTED NEVER LATER"),
        ([(None, NO), (None, NO), ("a@x.org", YES)], "ACCEPTED NEVER NEVER"),
        ([(None, NO), (None, LATER), ("a@x.org", YES)], "ACCEPTED - -"),
        ([(None, NO), ("a@x.org", YES)], "ACCEPTED - -"),
        ([("a@x.org", YES)], "ACCEPTED - -"),
        ([("a@x.org", YES), ("a@x.org", NO), ("b@x.org", YES)], "- ACCEPTED -"),
        ([("a@x.org", YES), (None, None), ("c@x.org", YES)], "ACCEPTED - ACCEPTED"),
        ([(None, NO)] * 4, "- - -"),
        ([], "- - -"),
    ],
)
def test_each_message_gets_what_was_said_of_it_and_no_guess(items, fates):
    found = place(items, ABC, 3)
    assert " ".join("-" if one is None else one.fate.name for one in found) == fates


@pytest.mark.parametrize(
    ("answer", "fates"),
    [
        ({"data": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}, "ACCEPTED ACCEPTED ACCEPTED"),
        ({"data": [{"id": "1"}, {"id": "2"}], "errors": [{"index": 1, "message": "bad"}]},
         "ACCEPTED NEVER ACCEPTED"),
        ({"data": [{"id": "1"}], "errors": [{"index": 1, "message": "bad"}]}, "- NEVER -"),
        ({"data": [{"id": "1"}, {"id": "2"}]}, "- - -"),
        ({"data": [{"id": "1"}, {"id": "2"}], "errors": [{"index": 9, "message": "bad"}]}, "- - -"),
        ({"data": [{"id": "1"}, None, {}]}, "ACCEPTED - -"),
    ],
)  # fmt: skip
def test_resend_counts_those_that_it_did_not_refuse(answer, fates):
    found = FORMS[PATHS["resend"]].read(answer, ABC, 3)
    assert " ".join("-" if one is None else one.fate.name for one in found) == fates


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("answer", [None, 7, "x", {}, {"errors": ["no"]}, {"ErrorCode": "x"}])
def test_an_answer_of_another_shape_is_about_the_whole_call(name, answer):
    assert FORMS[PATHS[name]].read(answer, ABC, 3) is None


@pytest.mark.parametrize("name", BATCHES)
def test_no_answer_can_break_the_reading(name):
    chance = random.Random(3)
    values = [None, 0, -1, 0.5, True, "", "a@x.org", [], {}, [None], {"To": None}, "x" * 9]
    keys = "data errors Messages responses Status To Errors StatusCode ErrorCode MessageID Message "
    for _ in range(3000):
        item = {key: chance.choice(values) for key in keys.split() if chance.random() < 0.5}
        item |= {chance.choice(keys.split()): [dict(item), chance.choice(values)]}
        for answer in (item, [item, item], {"data": [item]}, {"Messages": [item]},
                       {"responses": [item] * 3}, {"data": [], "errors": [item]}):  # fmt: skip
            found = FORMS[PATHS[name]].read(answer, ABC, 3)
            assert found is None or len(found) == 3


@pytest.mark.parametrize("verdict", ["", "inactive", "invalid"])
def test_what_anymail_can_read_of_a_batch_of_postmark_we_read_alike(settings, verdict):
    settings.ANYMAIL = anymail("http://127.0.0.1:9")
    backend = get_connection(PATHS["postmark"])
    message = AnymailMessage("s", "b", "us@x.org", list(ABC), merge_metadata={})
    items = [ITEM["postmark"](to, verdict if to == "b@x.org" else "") for to in ABC]
    response = requests.Response()
    response.status_code, response._content = 200, json.dumps(items).encode()
    payload = backend.build_message_payload(message, {})
    theirs = backend.parse_recipient_status(response, payload, message)
    ours = FORMS[PATHS["postmark"]].read(items, ABC, 3)
    for address, number in ABC.items():
        is_sent = theirs[address].status == "sent"
        assert is_sent == (ours[number].fate is Fate.ACCEPTED)
        assert not is_sent or theirs[address].message_id == ours[number].detail
