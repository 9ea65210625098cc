"""Readers choose how often: on the front page, when they confirm, and later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from subscriptions.forms import make_stamp
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import chosen, path

SENTENCES = {
    "daily": "papers every day.",
    "weekdays": "papers from Monday to Friday.",
    "weekly": "papers once a week.",
    "monthly": "papers once a month.",
}
NEXT = {  # of somebody who chooses on Tuesday 17 March 2026 at noon: Monday at seven
    "daily": datetime(2026, 3, 18, 7, tzinfo=UTC),
    "weekdays": datetime(2026, 3, 18, 7, tzinfo=UTC),
    "weekly": datetime(2026, 3, 23, 7, tzinfo=UTC),
    "monthly": datetime(2026, 4, 6, 7, tzinfo=UTC),
}


@pytest.mark.parametrize("cadence", Subscriber.Cadence)
def test_every_cadence_is_offered_and_kept_when_signing_up(client, make_topic, cadence):
    make_topic("agents")
    assert f'value="{cadence}"' in client.get("/").content.decode()
    stamp = make_stamp(datetime.now(UTC) - timedelta(seconds=10))
    fields = {"email": "ann@example.net", "topics": ["agents"], "stamp": stamp}
    client.post("/", {**fields, "cadence": cadence})
    assert Subscriber.objects.get().cadence == cadence


@pytest.mark.parametrize("cadence", Subscriber.Cadence)
def test_who_confirms_is_told_how_often_papers_come(client, make_subscriber, cadence):
    reader = make_subscriber(state=Subscriber.State.PENDING, cadence=cadence, topics=["agents"])
    page = client.get(path(Purpose.CONFIRM, reader)).content.decode()
    assert SENTENCES[cadence] in page


@time_machine.travel(MOMENT, tick=False)
@pytest.mark.parametrize("cadence", Subscriber.Cadence)
def test_preferences_plan_the_next_digest_by_the_chosen_cadence(client, make_subscriber, cadence):
    reader = make_subscriber(topics=["agents"], cadence="weekly", weekday=4)
    page = path(Purpose.PREFERENCES, reader)
    assert "Day of a weekly or monthly mail" in client.get(page).content.decode()
    client.post(page, chosen(cadence=cadence))
    reader.refresh_from_db()
    assert (reader.cadence, reader.next_digest_at) == (cadence, NEXT[cadence])
