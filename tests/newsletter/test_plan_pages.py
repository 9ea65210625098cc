"""How editors plan an issue: what they see, what they may change, and until when."""

from __future__ import annotations

from threading import Thread

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from newsletter import issues, opening, plan_pages
from newsletter.models import Delivery, Issue, Plan
from tests.newsletter.issue_steps import SEVEN, TUESDAY, sent_titles, titles

LIST, ADD = "admin:newsletter_plan_changelist", "admin:newsletter_plan_add"


@pytest.fixture
def work_as(db):
    def make(role: str) -> Client:
        client = Client()
        user = User.objects.create_user(role, f"{role}@example.org", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return make


@pytest.fixture
def plan(db) -> Plan:
    return Plan.objects.create(cadence="daily", on=TUESDAY, introduction="Hello.")


def page(plan, name="change") -> str:
    return reverse(f"admin:newsletter_plan_{name}", args=[plan.pk])


def form(*acts, introduction="New.", **fields) -> dict[str, object]:
    """What the form sends: `acts` are papers, and what is to be done with each."""
    rows = {
        f"placements-{row}-{name}": value
        for row, (paper, act) in enumerate(acts)
        for name, value in (("paper", paper.pk), ("act", act))
    }
    count = {"placements-TOTAL_FORMS": len(acts), "placements-INITIAL_FORMS": 0}
    return {"introduction": introduction, **fields, **rows, **count}


def test_an_editor_plans_an_issue_and_readers_get_it(work_as, make_due, make_paper):
    hot, cold = (make_paper(topics=["agents"], trend_score=trend) for trend in (0.9, 0.1))
    other = make_paper(topics=["agents"])
    acts = [(cold, "boost"), (other, "exclude")]
    editor = work_as("Editor")
    added = editor.post(reverse(ADD), form(*acts, cadence="daily", on="2026-03-17"))
    assert added.status_code == 302
    assert editor.get(reverse(LIST)).status_code == 200

    make_due()
    assert sent_titles() == [cold.title, hot.title]
    assert Issue.objects.get().introduction == "New."


@time_machine.travel(SEVEN, tick=False)
def test_the_page_shows_the_first_candidates_in_their_order(work_as, make_paper, plan):
    papers = [
        make_paper(f"The <{n}>", topics=["agents"], trend_score=n / 100, votes=n) for n in range(40)
    ]
    plan.placements.create(paper=papers[5], act="boost")
    plan.placements.create(paper=papers[39], act="exclude")
    answer = work_as("Viewer").get(page(plan))
    rows = answer.context["rows"]
    assert [row.paper for row in rows] == [papers[5], *papers[38:9:-1]]
    assert (rows[0].trend, rows[0].act, rows[0].topics) == (1, "boost", ["Agents"])
    assert (rows[1].trend, rows[1].act, rows[1].paper.votes) == (0.38, "", 38)
    text = answer.content.decode()
    assert "The &lt;38&gt;" in text
    assert "<38>" not in text
    assert plan_pages.WAITS in text


def test_the_page_costs_the_same_however_many_candidates(
    work_as, make_paper, plan, django_assert_max_num_queries
):
    viewer = work_as("Viewer")
    for count in (1, 20):
        for _ in range(count):
            plan.placements.create(paper=make_paper(topics=["agents"]), act="bury")
        with django_assert_max_num_queries(30):
            assert viewer.get(page(plan)).status_code == 200


@time_machine.travel(SEVEN, tick=False)
def test_a_plan_of_which_there_are_no_candidates(work_as, plan):
    assert b"There are none yet." in work_as("Viewer").get(page(plan)).content


@pytest.mark.parametrize(("role", "expected"), [("Viewer", 403), ("Editor", 302), ("Sender", 302)])
def test_who_may_change_a_plan(work_as, make_paper, plan, role, expected):
    answer = work_as(role).post(page(plan), form((make_paper(), "bury")))
    assert answer.status_code == expected
    assert plan.placements.count() == (expected == 302)
    plan.refresh_from_db()
    assert plan.introduction == ("New." if expected == 302 else "Hello.")


def test_a_paper_is_placed_once(work_as, make_paper, plan):
    paper = make_paper()
    answer = work_as("Editor").post(page(plan), form((paper, "bury"), (paper, "boost")))
    assert answer.status_code == 200
    assert plan.placements.count() == 0


def test_the_slot_of_a_plan_stays(work_as, plan):
    work_as("Editor").post(page(plan), form(cadence="weekly", on="2026-03-18"))
    plan.refresh_from_db()
    assert (plan.cadence, plan.on, plan.introduction) == ("daily", TUESDAY, "New.")


@pytest.mark.parametrize("role", ["Editor", "Owner"])
def test_a_frozen_plan_can_be_looked_at_and_no_more(work_as, make_due, make_paper, plan, role):
    plan.placements.create(paper=make_paper(topics=["agents"]), act="boost")
    make_due()
    issues.open_due(at=SEVEN)
    client = work_as(role)
    answer = client.get(page(plan))
    assert plan_pages.FROZEN in answer.content.decode()
    assert b'name="_save"' not in answer.content
    assert b"<textarea" not in answer.content
    assert client.post(page(plan), form((make_paper(), "bury"))).status_code == 403
    assert client.post(page(plan, "delete"), {"post": "yes"}).status_code == 403
    plan.refresh_from_db()
    assert (plan.introduction, plan.placements.count()) == ("Hello.", 1)


def test_an_issue_that_has_begun_is_not_planned_any_more(work_as, make_issue, plan):
    make_issue()
    editor = work_as("Editor")
    assert plan_pages.TOO_LATE in editor.get(page(plan)).content.decode()
    plan.delete()
    answer = editor.post(reverse(ADD), form(cadence="daily", on="2026-03-17"))
    assert "has begun" in answer.content.decode()
    assert not Plan.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_saves_while_the_issue_begins_is_refused(
    work_as, make_due, make_paper, plan, monkeypatch
):
    """His form waits until the issue is there, and then sees that the plan is frozen."""
    paper = make_paper(topics=["agents"])
    make_due()
    editor = work_as("Editor")
    pick_all, answers = opening.pick_all, []

    def while_saving(*args, **options):
        saving.start()
        saving.join(timeout=0.5)  # it waits for this transaction
        return pick_all(*args, **options)

    def save() -> None:
        answers.append(editor.post(page(plan), form((paper, "exclude"))).status_code)
        connection.close()

    saving = Thread(target=save)
    monkeypatch.setattr(opening, "pick_all", while_saving)
    assert issues.open_due(at=SEVEN) == 1
    saving.join(timeout=30)
    assert answers == [403]
    assert titles(Delivery.objects.get()) == [paper.title]
    assert plan.placements.count() == 0
