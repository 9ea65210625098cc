"""Dry runs in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from newsletter.models import Rehearsal
from newsletter.rehearsal import running
from newsletter.rehearsal.drawing import histogram
from papers.models import Paper
from tests.conftest import MOMENT
from tests.newsletter.issue_steps import TUESDAY

LIST = reverse("admin:newsletter_rehearsal_changelist")


@pytest.fixture
def viewer(sign_in):
    return sign_in("view_rehearsal")


@pytest.fixture
def kept(make_due, make_paper):
    make_paper("Agents <i>rise</i>", topics=["agents"])
    make_due(email="ada@gmail.com")
    make_due(topics=["robotics"])
    return running.rehearse("daily", TUESDAY)


def page(kept):
    return reverse("admin:newsletter_rehearsal_change", args=[kept.pk])


def test_who_may_look_sees_counts_and_no_reader(viewer, kept):
    assert "2 of 2" in viewer.get(LIST).content.decode()
    html = viewer.get(page(kept)).content.decode()
    assert 'aria-label="Papers, and how many readers get so many. 0: 1, 1: 1."' in html
    assert "Agents &lt;i&gt;rise&lt;/i&gt;" in html
    assert "Robotics &amp; embodied AI" in html
    assert "no rates were set" in html
    assert "ada@" not in html


def test_one_that_goes_on_or_was_stopped_has_no_figures(viewer, db):
    kept = Rehearsal.objects.create(
        cadence="daily", on=TUESDAY, started_at=MOMENT, done=3, total=9, error="KeyboardInterrupt"
    )
    html = viewer.get(page(kept)).content.decode()
    assert "3 of 9" in html
    assert "KeyboardInterrupt" in html
    assert "<svg viewBox" not in html


def test_one_without_any_reader_has_figures_and_no_bars(viewer, db):
    html = viewer.get(page(running.rehearse("daily", TUESDAY))).content.decode()
    assert "get a mail" in html
    assert 'aria-label="Papers' not in html


def test_papers_that_are_gone_have_no_name(viewer, kept):
    Paper.objects.all().delete()
    assert "<td>-</td>" in viewer.get(page(kept)).content.decode()


def test_others_see_nothing(sign_in, kept):
    client = sign_in("view_issue")
    assert client.get(LIST).status_code == 403
    assert client.get(page(kept)).status_code == 403


def test_nobody_changes_anything(admin_client, kept):
    assert admin_client.post(page(kept), {"on": "2026-01-01"}).status_code == 403
    assert admin_client.get(reverse("admin:newsletter_rehearsal_add")).status_code == 403


def test_bars_stand_beside_each_other_and_the_highest_fills_the_drawing():
    drawn = histogram([5, 0, 10])
    assert [(bar.papers, bar.high) for bar in drawn.bars] == [(0, 87.0), (1, 0.0), (2, 174.0)]
    assert all(bar.y + bar.high == drawn.bottom for bar in drawn.bars)
    ends = [bar.x + bar.wide for bar in drawn.bars]
    assert all(end < bar.x for end, bar in zip(ends, drawn.bars[1:], strict=False))
    assert drawn.left < drawn.bars[0].x
    assert ends[-1] < drawn.right
    assert drawn.upward[-1][1] == "10"


def test_of_many_bars_every_fifth_has_a_number():
    drawn = histogram([1] * 31)
    assert [bar.label for bar in drawn.bars if bar.label] == [
        "0",
        "5",
        "10",
        "15",
        "20",
        "25",
        "30",
    ]


@pytest.mark.parametrize("readers", [[], [0, 0]])
def test_no_readers_have_no_bars(readers):
    assert histogram(readers) is None
