"""Editors see what a change of topics moves before they make it."""

from __future__ import annotations

from functools import partial

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User

from newsletter.config import celery_app
from papers import tasks
from papers.models import Topic
from tests.conftest import MOMENT
from tests.papers.admin_steps import text

TOPICS = "/admin/papers/topic/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tuesday():
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """How often a worker was asked to classify recent papers."""
    calls = []
    monkeypatch.setattr(
        tasks.classify_recent, "apply_async", lambda args, **options: calls.append(1)
    )
    return calls


@pytest.fixture
def skating(make_topic):
    Topic.objects.all().delete()
    return make_topic("skating", include="skating robot\nice", exclude="cream", position=1)


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def values(topic, **changes):
    names = ("slug", "name", "description", "include", "exclude", "categories", "position")
    return {**{name: getattr(topic, name) for name in names}, "is_active": "on", **changes}


def change(topic):
    return f"{TOPICS}{topic.pk}/change/"


def test_a_preview_shows_what_would_move_and_saves_nothing(admin_client, make_paper, skating, rung):
    make_paper("Skating robots")
    make_paper("Hockey <b>")
    sent = values(skating, include="hockey", _preview="1")
    page = text(admin_client.post(change(skating), sent))
    assert "<b>Skating</b> gains 1, loses 1 and keeps 0" in page
    assert 'Hockey &lt;b&gt; <span class="reason">title mentions &quot;hockey&quot;' in page
    assert "Skating robots" in page
    assert ">\nhockey</textarea>" in page
    skating.refresh_from_db()
    assert skating.include.startswith("skating robot")
    assert rung == []


def test_a_new_topic_can_be_tried_too(admin_client, make_paper, skating):
    make_paper("Hockey")
    sent = values(Topic(slug="hockey", name="Hockey", include="hockey"), _preview="1")
    assert "<b>Hockey</b> gains 1" in text(admin_client.post(f"{TOPICS}add/", sent))
    assert not Topic.objects.filter(slug="hockey").exists()


def test_a_preview_of_nonsense_shows_what_is_wrong(admin_client, skating):
    page = text(admin_client.post(change(skating), values(skating, name="", _preview="1")))
    assert "This field is required" in page
    assert "What it would move" not in page


def test_retiring_tells_how_many_readers_lose_the_topic(admin_client, make_subscriber, skating):
    make_subscriber(topics=["skating"])
    sent = values(skating)
    del sent["is_active"]
    page = text(admin_client.post(change(skating), {**sent, "_preview": "1"}))
    assert "would be retired; 1 reader follows it." in page
    assert "1 readers followed Skating." in text(
        admin_client.post(change(skating), sent, follow=True)
    )
    skating.refresh_from_db()
    assert not skating.is_active


def test_saving_other_signs_has_recent_papers_classified(admin_client, skating, rung, commit):
    with commit():
        admin_client.post(change(skating), values(skating, name="Ice"))
    assert rung == []
    with commit():
        admin_client.post(change(skating), values(skating, include="hockey"))
    assert rung == [1]


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_operator_is_told(admin_client, skating, monkeypatch):
    monkeypatch.undo()
    nowhere = partial(celery_app.connection_for_write, "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app, "connection_for_write", nowhere)
    response = admin_client.post(change(skating), values(skating, include="hockey"), follow=True)
    assert "Redis cannot be reached" in text(response)


def test_the_task_classifies_recent_papers(make_paper, skating):
    make_paper("Skating robots")
    tasks.classify_recent.run()
    assert skating.papers.count() == 1


def test_a_topic_that_is_used_again_is_merged_no_more(admin_client, make_topic, skating):
    skating.is_active, skating.merged_into = False, make_topic("proofs")
    skating.save()
    admin_client.post(change(skating), values(skating))
    skating.refresh_from_db()
    assert (skating.is_active, skating.merged_into) == (True, None)


def test_topics_are_merged_after_a_look(
    admin_client, make_paper, make_subscriber, skating, rung, commit
):
    proofs = Topic.objects.create(slug="proofs", name="Proofs", include="proof")
    make_paper("Skating robots", topics=["skating"])
    reader = make_subscriber(topics=["skating"])
    chosen = {"action": "merge_into", "_selected_action": [skating.pk]}
    address = admin_client.post(TOPICS, chosen).headers["Location"]
    assert "<td>1</td><td>1</td>" in text(admin_client.get(address))

    sent = {"into": proofs.pk, "with_signs": "on"}
    page = text(admin_client.post(address, {**sent, "_preview": "1"}))
    assert "<b>Proofs</b> gains 1" in page
    assert "<b>Skating</b> gains 0, loses 1" in page
    skating.refresh_from_db()
    assert skating.is_active

    with commit():
        page = text(admin_client.post(address, sent, follow=True))
    assert "Skating went into Proofs, with 1 more readers." in page
    assert (reader.topics.get(), proofs.papers.count(), rung) == (proofs, 1, [1])
    assert LogEntry.objects.count() == 2


def test_a_topic_goes_neither_into_itself_nor_into_a_retired_one(admin_client, make_topic, skating):
    retired = make_topic("old", is_active=False)
    for into in (skating, retired):
        page = text(admin_client.post(f"{TOPICS}merge/?topic={skating.pk}", {"into": into.pk}))
        assert "Select a valid choice" in page
    assert Topic.objects.filter(merged_into=None).count() == 2


@pytest.mark.parametrize("query", ["", "?topic=", "?topic=abc", "?topic=99999999999999999999"])
def test_merging_nothing_is_not_found(admin_client, query):
    assert admin_client.get(f"{TOPICS}merge/{query}").status_code == 404


def test_a_topic_is_split_after_a_look(
    admin_client, make_paper, make_subscriber, skating, rung, commit
):
    make_paper("Ice")
    make_paper("Skating robots")
    reader = make_subscriber(topics=["skating"])
    address = f"{TOPICS}{skating.pk}/split/"
    assert f'href="{address}"' in text(admin_client.get(change(skating)))
    sent = {"name": "Ice", "slug": "ice", "include": ["ice"]}
    page = text(admin_client.post(address, {**sent, "_preview": "1"}))
    assert "<b>Skating</b> gains 0, loses 1 and keeps 1; <b>Ice</b> gains 1" in page
    assert Topic.objects.count() == 1
    with commit():
        admin_client.post(address, sent)
    assert Topic.objects.get(slug="ice").include == "ice"
    assert sorted(topic.slug for topic in reader.topics.all()) == ["ice", "skating"]
    assert rung == [1]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"slug": "skating"}, "Another topic has this short name."),
        ({"include": []}, "Choose at least one phrase"),
        ({"include": ["not of it"]}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_split_that_cannot_be_is_explained(admin_client, skating, fields, complaint):
    sent = {"name": "Ice", "slug": "ice", "include": ["ice"], **fields}
    assert complaint in text(admin_client.post(f"{TOPICS}{skating.pk}/split/", sent))
    assert Topic.objects.count() == 1


def test_who_may_only_look_changes_nothing(client, make_topic, skating):
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_topic"))
    client.force_login(user)
    page = text(client.get(change(skating)))
    assert "/split/" not in page
    assert "_preview" not in page
    for address in (f"{TOPICS}merge/?topic={skating.pk}", f"{TOPICS}{skating.pk}/split/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"into": make_topic("proofs").pk}).status_code == 403
    assert client.post(change(skating), values(skating, _preview="1")).status_code == 403
