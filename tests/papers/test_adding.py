"""Operators add papers by their arXiv ids; arXiv is played by a server of our own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import Permission, User

from papers.models import Ingestion, Paper
from tests.papers.admin_steps import text

AT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
PAPERS = "/admin/papers/paper/"
ADD = f"{PAPERS}by-arxiv-id/"
ENTRY = (
    "<entry><id>http://arxiv.org/abs/{id}v1</id><title>Skating robots</title>"
    "<summary>They skate.</summary><published>2026-03-13T08:00:00Z</published></entry>"
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tuesday():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def arxiv(httpserver, settings):
    """Answers with these entries; the queries are in the server's log."""
    settings.ARXIV_API_URL = httpserver.url_for("")

    def answer(*ids):
        entries = "".join(ENTRY.format(id=identifier) for identifier in ids)
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'
        httpserver.expect_request("/query").respond_with_data(feed)
        return httpserver

    return answer


def ask(client, ids):
    return client.post(ADD, {"ids": ids}, follow=True)


def test_the_list_of_papers_leads_to_the_form(admin_client):
    assert f'href="{ADD}"' in text(admin_client.get(PAPERS))
    assert "Ask arXiv and store" in text(admin_client.get(ADD))


def test_papers_are_added_as_arxiv_describes_them(admin_client, arxiv):
    server = arxiv("2603.01234")
    response = ask(admin_client, "https://arxiv.org/abs/2603.01234v2, arXiv:2603.01234")
    assert "1 papers are new" in text(response)
    paper = Paper.objects.get()
    assert (paper.arxiv_id, paper.title, paper.abstract) == (
        "2603.01234", "Skating robots", "They skate.",
    )  # fmt: skip
    assert server.log[0][0].args["id_list"] == "2603.01234"


def test_an_id_that_arxiv_does_not_know_is_told(admin_client, arxiv):
    arxiv("2603.01234")
    page = text(ask(admin_client, "2603.01234 2603.99999"))
    assert "Look-up of 2603.99999: arXiv does not know this id" in page
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [
        ("", "This field is required"),
        ("hello", "arxiv_id &#x27;hello&#x27; is not an arXiv id"),
        (" ".join(f"2603.{number:05}" for number in range(51)), "50 are the most"),
        ("nul\0", "Null characters are not allowed"),
    ],
)
def test_what_is_no_id_is_explained(admin_client, ids, complaint):
    assert complaint in text(ask(admin_client, ids))
    assert Ingestion.objects.count() == 0


def test_without_arxiv_a_paper_can_be_typed_in(admin_client, settings, make_paper):
    settings.ARXIV_API_URL = "ftp://nowhere.example"
    make_paper(arxiv_id="2603.00001")
    response = ask(admin_client, "2603.00001 2603.01234")
    page = text(response)
    assert "ArXiv could not be asked" in page
    assert "Not here yet: 2603.01234." in page
    assert 'name="arxiv_id" value="2603.01234"' in page


def test_who_may_not_add_papers_cannot_ask(client):
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_paper"))
    client.force_login(user)
    assert "by-arxiv-id" not in text(client.get(PAPERS))
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"ids": "2603.01234"}).status_code == 403
