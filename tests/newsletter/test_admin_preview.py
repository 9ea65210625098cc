"""Mails as the admin shows them: of a persona and of a delivery, in a sandbox."""

from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from newsletter.models import Delivery, Issue
from papers.models import Paper
from subscriptions.models import Subscriber
from tests.conftest import MOMENT

PREVIEW = "admin:newsletter_issue_preview"
PREVIEW_MAIL = "admin:newsletter_issue_preview_mail"


@pytest.fixture
def persona(make_topic):
    return {"topics": [make_topic("agents").pk], "cadence": "daily", "length": 7}


def mail_page(delivery: Delivery) -> str:
    return reverse("admin:newsletter_delivery_mail", args=[delivery.pk])


def test_the_preview_starts_with_an_empty_form(sign_in, make_topic):
    make_topic("retired", name="Retired topic", is_active=False)
    page = sign_in("view_issue").get(reverse(PREVIEW)).content.decode()
    assert "Agents" in page
    assert "Retired topic" not in page
    assert "<iframe" not in page


def test_the_preview_shows_the_mail_of_a_persona(sign_in, persona):
    page = sign_in("view_issue").get(reverse(PREVIEW, query=persona)).content.decode()
    assert page.count("<iframe") == page.count("sandbox") == 2
    assert f'src="{reverse(PREVIEW_MAIL)}?topics={persona["topics"][0]}&amp;' in page


@time_machine.travel(MOMENT, tick=False)
def test_the_mail_of_the_preview_has_the_papers_and_can_do_nothing(sign_in, make_paper, persona):
    make_paper("The one", topics=["agents"])
    response = sign_in("view_issue").get(reverse(PREVIEW_MAIL, query=persona))

    assert response.status_code == 200
    assert "The one" in response.content.decode()
    assert_sandboxed(response)
    assert [m.objects.count() for m in (Issue, Delivery, Subscriber)] == [0, 0, 0]


def assert_sandboxed(response) -> None:
    policy = response["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "sandbox"} <= set(policy)
    assert "script" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_a_preview_without_papers_says_so(sign_in, persona):
    response = sign_in("view_issue").get(reverse(PREVIEW_MAIL, query=persona))
    assert response.status_code == 200
    assert response.content == b"its papers are gone"


@pytest.mark.parametrize(
    "change",
    [{"topics": []}, {"topics": [0]}, {"cadence": "hourly"}, {"length": 31}, {"length": 0}],
)
def test_an_impossible_persona_is_refused(sign_in, persona, change):
    client = sign_in("view_issue")
    query = {**persona, **change}
    assert client.get(reverse(PREVIEW_MAIL, query=query)).status_code == 400
    page = client.get(reverse(PREVIEW, query=query)).content.decode()
    assert "errorlist" in page
    assert "<iframe" not in page


def test_a_delivery_shows_its_mail_in_a_sandbox(sign_in, make_delivery, make_paper):
    delivery = make_delivery([make_paper("The one")])
    client = sign_in("view_delivery")
    response = client.get(mail_page(delivery))

    assert "The one" in response.content.decode()
    assert_sandboxed(response)
    change = reverse("admin:newsletter_delivery_change", args=[delivery.pk])
    assert f'src="{mail_page(delivery)}" sandbox' in client.get(change).content.decode()


def test_a_delivery_whose_papers_are_gone_says_so(admin_client, make_delivery):
    delivery = make_delivery()
    Paper.objects.all().delete()
    assert admin_client.get(mail_page(delivery)).content == b"its papers are gone"


def test_a_mail_that_does_not_exist_is_not_found(admin_client):
    page = reverse("admin:newsletter_delivery_mail", args=[404])
    assert admin_client.get(page).status_code == 404
