from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from papers.models import Topic
from tests.papers.admin_steps import query_count, text

AT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
PAPERS = "/admin/papers/paper/"
TOPICS = "/admin/papers/topic/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tuesday")]


@pytest.fixture
def tuesday():
    with time_machine.travel(AT, tick=False):
        yield


def act(client, address, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return text(client.post(address, data, follow=True))


def form_of(client, address):
    """What the change form would send if nothing were changed."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for formset in context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    bound = (form[name] for form in forms for name in form.fields)
    return {field.html_name: "" if (value := field.value()) is None else value for field in bound}


def test_the_list_of_papers_shows_counts_and_topics(admin_client, make_paper):
    make_paper("Skating robots", votes=41, topics=["skating"])
    page = text(admin_client.get(PAPERS))
    assert "Skating robots" in page
    assert '<td class="field-topic_names">Skating</td>' in page
    assert '<td class="field-votes">41</td>' in page


@pytest.mark.parametrize("query", ["q=skating", "q=2603.77777", "topics__id__exact={topic.pk}"])
def test_papers_are_found_by_title_id_and_topic(admin_client, make_paper, make_topic, query):
    make_paper("Skating robots", arxiv_id="2603.77777", topics=["skating"])
    make_paper("Other things")
    page = text(admin_client.get(f"{PAPERS}?{query.format(topic=make_topic('skating'))}"))
    assert "Skating robots" in page
    assert "Other things" not in page


def test_query_count_of_the_list_does_not_grow_with_papers(admin_client, make_paper):
    make_paper(topics=["skating", "proofs"])
    admin_client.get(PAPERS)
    few = query_count(admin_client, PAPERS)
    for _ in range(30):
        make_paper(topics=["skating", "proofs"])
    assert query_count(admin_client, PAPERS) == few


def test_query_count_of_a_paper_does_not_grow_with_observations(admin_client, make_paper):
    paper = make_paper(topics=["skating"])
    address = f"{PAPERS}{paper.pk}/change/"
    admin_client.get(address)
    few = query_count(admin_client, address)
    for hours in range(30):
        paper.observations.create(
            source="page", seen_at=AT - timedelta(hours=hours), listed_on=date(2026, 3, 16)
        )
    assert query_count(admin_client, address) == few


def test_observations_can_be_read_but_not_written(admin_client, make_paper):
    paper = make_paper()
    paper.observations.create(source="page", seen_at=AT, listed_on=date(2026, 3, 16), votes=77)
    address = f"{PAPERS}{paper.pk}/change/"
    assert "77" in text(admin_client.get(address))
    sent = {**form_of(admin_client, address), "observations-0-votes": "99"}
    admin_client.post(address, sent)
    assert paper.observations.get().votes == 77


def test_what_an_operator_writes_is_its_own_source(admin_client, make_paper):
    paper = make_paper("S²", source_title="S$^2$", abstract="x²", source_abstract="$x^2$")
    address = f"{PAPERS}{paper.pk}/change/"
    admin_client.post(address, {**form_of(admin_client, address), "title": "Skating"})
    paper.refresh_from_db()
    assert (paper.title, paper.source_title) == ("Skating", "")
    assert (paper.abstract, paper.source_abstract) == ("x²", "$x^2$")


def test_votes_over_time_are_drawn_by_source_and_told_in_words(admin_client, make_paper):
    paper = make_paper()
    address = f"{PAPERS}{paper.pk}/change/"
    assert "Votes over time" not in text(admin_client.get(address))
    for source, hour, votes in (("page", 1, 3), ("page", 9, 41), ("huggingface", 5, 7)):
        paper.observations.create(
            source=source, seen_at=AT.replace(hour=hour), listed_on=date(2026, 3, 16), votes=votes
        )
    page = text(admin_client.get(address))
    told = "Votes over time. page: from 3 to 41, at most 41; huggingface: 7 throughout."
    assert f'role="img" aria-label="{told}"' in page
    assert page.count("<polyline") == 4  # two lines, and two keys in the table
    assert " style=" not in page.partition("<svg viewBox")[2].partition("</section>")[0]


def test_a_paper_can_be_corrected(admin_client, make_paper):
    paper = make_paper("Skating robots")
    address = f"{PAPERS}{paper.pk}/change/"
    sent = {**form_of(admin_client, address), "title": "Dancing Robots", "categories": ""}
    assert admin_client.post(address, {**sent, "authors": '["Ada One"]'}).status_code == 302
    paper.refresh_from_db()
    assert (paper.title, paper.title_key) == ("Dancing Robots", "dancing robots")
    assert (paper.authors, paper.categories) == (["Ada One"], [])


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"authors": '{"Ada": "One"}'}, "Write a list of texts"),
        ({"categories": "[1]"}, "Write a list of texts"),
        ({"title": "Proofs!", "arxiv_id": ""}, "Another paper without an arXiv id"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_what_would_break_a_promise_is_explained(admin_client, make_paper, fields, complaint):
    make_paper("Proofs", arxiv_id=None, title_key="proofs")
    paper = make_paper("Skating robots")
    address = f"{PAPERS}{paper.pk}/change/"
    page = text(admin_client.post(address, {**form_of(admin_client, address), **fields}))
    assert complaint in page


def test_what_an_operator_assigns_is_by_hand(admin_client, make_paper, make_topic):
    paper = make_paper(topics=["skating", "proofs"])
    address = f"{PAPERS}{paper.pk}/change/"
    sent = {**form_of(admin_client, address), "assignments-0-reason": "I read it"}
    admin_client.post(address, sent)
    by_hand = dict(paper.assignments.values_list("reason", "is_by_hand"))
    assert by_hand.pop("I read it") is True
    assert list(by_hand.values()) == [False]


def test_an_operator_can_hand_an_assignment_back(admin_client, make_paper):
    paper = make_paper(topics=["skating"])
    paper.assignments.update(is_by_hand=True)
    address = f"{PAPERS}{paper.pk}/change/"
    sent = form_of(admin_client, address)
    del sent["assignments-0-is_by_hand"]
    admin_client.post(address, sent)
    assert not paper.assignments.get().is_by_hand


@pytest.mark.parametrize("given", ["2603.01234v2", "hello", "2603.00001"])
def test_an_id_that_is_none_or_is_taken_is_refused(admin_client, make_paper, given):
    make_paper(arxiv_id="2603.00001")
    paper = make_paper(arxiv_id="2603.00002")
    address = f"{PAPERS}{paper.pk}/change/"
    response = admin_client.post(address, {**form_of(admin_client, address), "arxiv_id": given})
    assert response.status_code == 200
    assert "arxiv_id" in response.context["adminform"].form.errors
    paper.refresh_from_db()
    assert paper.arxiv_id == "2603.00002"


def test_a_paper_that_says_something_new_gets_its_topics_at_once(admin_client, make_paper):
    Topic.objects.create(slug="skating", name="Skating", include="skating robots")
    paper = make_paper("Something")
    address = f"{PAPERS}{paper.pk}/change/"
    admin_client.post(address, {**form_of(admin_client, address), "title": "Skating robots"})
    assert "skating" in [topic.slug for topic in paper.topics.all()]


def test_papers_are_classified_again(admin_client, make_paper):
    Topic.objects.create(slug="skating", name="Skating", include="skating robots")
    paper = make_paper("Skating robots", abstract="")
    assert "1 papers classified" in act(admin_client, PAPERS, "classify_again", paper)
    assert paper.topics.filter(slug="skating").exists()


def test_whole_lists_are_scored_again(admin_client, make_paper):
    paper, same_list, unlisted = make_paper(), make_paper(), make_paper(listed_on=None)
    page = act(admin_client, PAPERS, "score_again", paper, unlisted)
    assert "2 papers on 1 lists scored" in page
    same_list.refresh_from_db()
    assert same_list.trend_score == pytest.approx(0.46)


def test_topics_show_how_many_papers_they_got_lately(admin_client, make_paper):
    make_paper(topics=["skating"])
    make_paper(topics=["skating"], listed_on=date(2026, 1, 1))
    old = AT - timedelta(days=40)
    make_paper(topics=["skating"], listed_on=old.date(), first_seen_at=old)
    make_paper(topics=["skating"], listed_on=None, first_seen_at=old)
    page = text(admin_client.get(f"{TOPICS}?q=skating"))
    assert '<td class="field-recent_papers">2</td>' in page


def test_query_count_of_topics_does_not_grow(admin_client, make_topic):
    Topic.objects.all().delete()
    make_topic("skating")
    admin_client.get(TOPICS)
    few = query_count(admin_client, TOPICS)
    for number in range(20):
        make_topic(f"topic-{number}")
    assert query_count(admin_client, TOPICS) == few


def test_topics_complete_themselves_in_other_forms(admin_client, make_topic):
    make_topic("skating")
    query = {"app_label": "papers", "model_name": "assignment", "field_name": "topic"}
    response = admin_client.get(reverse("admin:autocomplete"), {**query, "term": "skat"})
    assert [found["text"] for found in response.json()["results"]] == ["Skating"]


def test_recent_papers_are_classified_again_from_the_topics(admin_client, make_paper):
    topic = Topic.objects.create(slug="skating", name="Skating", include="skating robots")
    old = AT - timedelta(days=40)
    make_paper("Skating robots")
    make_paper("Old skating robots", listed_on=old.date(), first_seen_at=old)
    act(admin_client, TOPICS, "classify_recent", topic)
    assert [paper.title for paper in topic.papers.all()] == ["Skating robots"]


def test_the_list_shows_which_papers_were_withdrawn(admin_client, make_paper):
    make_paper("Dry boats"), make_paper("Sunk boats", withdrawn_on=date(2026, 3, 17))
    address = reverse("admin:papers_paper_changelist")
    page = admin_client.get(address).content.decode()
    assert page.count("icon-no.svg") == 1
    only = admin_client.get(address, {"withdrawn_on__isempty": "0"}).content.decode()
    assert "Sunk boats" in only
    assert "Dry boats" not in only


def test_doubted_votes_are_found_and_vouched_for(admin_client, make_paper):
    honest, doubted = make_paper("Honest"), make_paper("Doubted", doubted_votes=900, votes=900)
    page = text(admin_client.get(f"{PAPERS}?doubted=yes"))
    assert "Doubted" in page
    assert "Honest" not in page
    assert "2 papers on 1 lists scored" in act(admin_client, PAPERS, "vouch", doubted)
    doubted.refresh_from_db()
    honest.refresh_from_db()
    assert doubted.vouched_at is not None
    assert (doubted.doubted_votes, honest.vouched_at) == (0, None)
