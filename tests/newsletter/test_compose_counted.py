"""Whose links lead through the counter, and whose do not."""

from __future__ import annotations

import re

import pytest

from newsletter import compose, counting, gate
from newsletter.models import Card, Link, Shell
from tests.conftest import MOMENT

pytestmark = pytest.mark.django_db
HREF = re.compile(r'href="([^"]+)"')


@pytest.fixture(autouse=True)
def counted(settings):
    settings.COUNT_OPENS = settings.COUNT_CLICKS = True


@pytest.fixture
def both(make_paper, make_delivery, make_subscriber):
    """The same papers to a reader who did not agree, and to one who did."""
    papers = [make_paper(topics=["agents"], code_url="https://github.com/a/b") for _ in range(15)]
    readers = [make_subscriber(topics=["agents"], is_counted=agreed) for agreed in (False, True)]
    return [make_delivery(papers, reader=reader) for reader in readers]


def written(deliveries):
    write = compose.compose_all(deliveries)
    return [write(delivery).message() for delivery in deliveries]


def test_all_links_to_papers_in_the_html_of_who_agreed_are_counted(both, settings):
    plain, counted = map(compose.html_of, written(both))
    start = f"{settings.SITE_URL}/c/"
    assert start not in plain
    assert all(link.startswith(settings.SITE_URL) for link in HREF.findall(counted))
    leads = {link for link in HREF.findall(counted) if link.startswith(start)}
    found = {counting.see(link.split("/")[-2], address="", at=None) for link in leads}
    assert found - {None} == {link for link in HREF.findall(plain) if "example" not in link}


def test_nothing_in_a_counted_link_is_of_one_reader(both, make_delivery):
    third = make_delivery([], reader=None)
    third.packed_picks = both[1].packed_picks
    third.subscriber.is_counted = True
    third.subscriber.save()
    third.save()
    mails = [compose.html_of(mail) for mail in written([both[1], third])]
    links = [re.findall(r'(?:href|src)="([^"]+/c/[^"]+)"', mail) for mail in mails]
    assert links[0] == links[1] != []


def test_the_text_and_the_readers_own_links_stay_as_they_are(both):
    plain, counted = written(both)
    own = re.compile(r"/(?:preferences|unsubscribe|digest|paper)/[\w:.~=-]+/")
    assert own.sub("", counted.body) == own.sub("", plain.body)
    kinds = [len(own.findall(compose.html_of(mail))) for mail in (plain, counted)]
    assert kinds[0] == kinds[1] > 0


def test_without_the_setting_nobody_is_counted(both, settings):
    settings.COUNT_OPENS = settings.COUNT_CLICKS = False
    [mail] = written(both[1:])
    assert "/c/" not in compose.html_of(mail) + mail.body
    assert not Link.objects.exists()
    assert set(Card.objects.values_list("layout", flat=True)) == {"full"}


def test_opens_alone_add_a_picture_and_leave_the_links(both, settings):
    settings.COUNT_CLICKS = False
    [mail] = written(both[1:])
    html = compose.html_of(mail)
    assert html.count("<img") == 1
    assert 'href="https://arxiv.org/' in html


def test_clicks_alone_add_no_picture(both, settings):
    settings.COUNT_OPENS = False
    [mail] = written(both[1:])
    assert "<img" not in compose.html_of(mail)
    assert 'href="https://arxiv.org/' not in compose.html_of(mail)


def test_counted_mails_pass_the_gate(both):
    report = gate.examine(both[0].issue, at=MOMENT)
    assert report.mails == 2
    assert report.reason() == ""


def test_the_picture_in_the_mail_of_who_did_not_agree_is_found(both, monkeypatch):
    monkeypatch.setattr(gate, "_counts_opens", lambda delivery: False)
    assert "a picture that nobody sees" in gate.examine(both[0].issue, at=MOMENT).reason()


def test_a_counted_mail_is_rendered_once_for_all(both, django_assert_max_num_queries):
    written(both)
    assert sorted(Shell.objects.values_list("layout", flat=True)) == ["counted", "full"]
    cards = Card.objects.count()
    assert cards == 30
    with django_assert_max_num_queries(10):
        written(both)
    assert Card.objects.count() == cards
