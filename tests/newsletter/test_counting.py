from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from newsletter import counting
from newsletter.counting import BadToken, Seen, by_people
from newsletter.models import Link, Sight, Tally
from tests.conftest import MOMENT

SECOND = timedelta(seconds=1)
ARXIV = "https://arxiv.org/abs/2603.00001"
HOME, CORNER = "192.0.2.7", "192.0.2.8"  # of one network


@pytest.fixture(autouse=True)
def counted(settings):
    settings.COUNT_OPENS = settings.COUNT_CLICKS = True


@pytest.fixture
def issue(make_issue):
    return make_issue().pk


@pytest.fixture
def link(issue):
    return counting.detours(issue, [ARXIV])[ARXIV]


def fold():
    return counting.fold(at=MOMENT + timedelta(minutes=5))


def token_of(link):
    return link.split("/")[-2]


def see(link, at=MOMENT, address=HOME):
    return counting.see(token_of(link), address=address, at=at)


def tallies():
    return set(Tally.objects.values_list("kind", "link__url", "count"))


def test_a_link_leads_to_its_address_and_is_counted(client, link, settings):
    response = client.get(link.removeprefix(settings.SITE_URL))
    assert (response.status_code, response.headers["Location"]) == (302, ARXIV)
    Sight.objects.update(at=MOMENT)
    assert fold() == 1
    assert tallies() == {("clicked", ARXIV, 1)}


def test_where_it_came_from_is_kept_only_hashed_and_forgotten_with_the_sum(link):
    see(link)
    [row] = Sight.objects.values()
    assert HOME not in str(row)
    assert HOME.encode() not in row["visitor"].bytes
    fold()
    assert not Sight.objects.exists()


def test_sums_grow(issue, link):
    for _ in range(3):
        see(link)
        see(counting.pixel(issue))
        fold()
    assert tallies() == {("clicked", ARXIV, 3), ("opened", None, 3)}


def test_what_is_a_minute_old_at_most_is_not_summed_up_yet(link):
    see(link)
    assert counting.fold(at=MOMENT + timedelta(seconds=60)) == 0
    assert Sight.objects.exists()


def test_a_program_that_follows_every_link_is_not_counted(issue, link):
    see(link)
    see(counting.canary(issue), at=MOMENT + 2 * SECOND, address=CORNER)
    assert fold() == 0
    assert not Tally.objects.exists()
    assert not Sight.objects.exists()


def test_a_program_elsewhere_takes_nothing_from_a_person(issue, link):
    see(link)
    see(counting.canary(issue), address="198.51.100.7")
    assert fold() == 1


def test_a_program_that_reads_another_issue_takes_nothing_from_this_one(make_issue, link):
    see(link)
    see(counting.canary(make_issue(cadence="weekly").pk))
    assert fold() == 1


def test_a_person_who_reads_after_the_scanner_is_counted(issue, link):
    see(counting.canary(issue))
    see(link, at=MOMENT + 31 * SECOND)
    assert fold() == 1


@pytest.mark.parametrize("first_fold", [61, 75, 89])
def test_a_scan_is_remembered_for_as_long_as_it_matters(issue, link, first_fold):
    see(counting.canary(issue))
    see(link, at=MOMENT + 29 * SECOND)
    counting.fold(at=MOMENT + first_fold * SECOND)
    assert fold() == 0
    assert not Tally.objects.exists()


def test_a_scan_seen_after_the_click_was_old_enough_still_counts():
    click = Seen(UUID(int=1), UUID(int=2), 1, "clicked", 7, MOMENT)
    scan = Seen(UUID(int=3), UUID(int=2), 1, "scanned", None, MOMENT + 29 * SECOND)
    assert by_people([click], [scan]) == {}
    assert by_people([click], []) == {(1, "clicked", 7): 1}


def test_a_visitor_counts_once_and_his_neighbour_besides(link):
    for second in range(3):
        see(link, at=MOMENT + second * SECOND)
    see(link, address=CORNER)
    assert fold() == 2


@pytest.mark.parametrize("setting", ["COUNT_OPENS", "COUNT_CLICKS"])
def test_what_is_turned_off_is_not_noted_and_the_link_still_works(issue, link, settings, setting):
    pixel = counting.pixel(issue)
    setattr(settings, setting, False)
    assert see(link) == ARXIV
    see(pixel)
    expected = {"COUNT_OPENS": "clicked", "COUNT_CLICKS": "opened"}[setting]
    assert list(Sight.objects.values_list("kind", flat=True)) == [expected]


def test_who_asks_again_and_again_fills_no_table(issue, link):
    for address in (link, counting.pixel(issue), counting.canary(issue)):
        for second in range(20):
            see(address, at=MOMENT + second * SECOND)
    assert sorted(Sight.objects.values_list("kind", flat=True)) == ["clicked", "opened", "scanned"]


def test_what_is_turned_off_makes_no_links(issue, settings):
    settings.COUNT_OPENS = settings.COUNT_CLICKS = False
    assert not counting.is_on()
    assert counting.pixel(issue) == ""
    assert counting.detours(issue, [ARXIV]) == {}
    assert not Link.objects.exists()


def test_only_looking_whether_a_link_works_notes_nothing(client, link, settings):
    path = link.removeprefix(settings.SITE_URL)
    assert client.head(path).headers["Location"] == ARXIV
    assert client.post(path).status_code == 405
    assert not Sight.objects.exists()


def test_the_pixel_and_the_hidden_link_are_dots(client, issue, settings):
    for link in (counting.pixel(issue), counting.canary(issue)):
        response = client.get(link.removeprefix(settings.SITE_URL))
        assert response.headers["Content-Type"] == "image/gif"
        assert response.headers["Cache-Control"] == "no-store"


def test_no_link_can_be_made_up(client, link):
    token = token_of(link)
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(BadToken):
            counting.see(token[:at] + other + token[at + 1 :], address=HOME, at=MOMENT)
    for bad in ("", "é", "x" * 32, token[:-4], token + "AAAA", token + "!", ARXIV):
        with pytest.raises(BadToken):
            counting.see(bad, address=HOME, at=MOMENT)
    assert client.get("/c/nothing/").status_code == 404


def test_a_link_whose_address_is_gone_leads_nowhere(link):
    Link.objects.all().delete()
    with pytest.raises(BadToken):
        see(link)


def test_a_link_outlives_its_issue_and_counts_for_nothing(make_issue, link):
    make_issue().delete()
    assert see(link) == ARXIV
    assert not Sight.objects.exists()


def test_links_outlive_a_new_key(link, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new" * 20
    assert see(link) == ARXIV


def test_an_address_has_one_number_and_too_long_ones_none(db):
    first = counting.numbers([ARXIV, ARXIV, "", "https://x.org/" + "y" * 500])
    assert first.keys() == {ARXIV}
    assert counting.numbers([ARXIV]) == first
