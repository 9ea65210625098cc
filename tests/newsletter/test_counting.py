from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from newsletter import counting
from newsletter.counting import BadToken, Seen, by_people
from newsletter.models import Link, Sight, Tally
from tests.conftest import MOMENT
from tests.newsletter.event_steps import mail_to

SECOND = timedelta(seconds=1)
ARXIV = "https://arxiv.org/abs/2603.00001"


@pytest.fixture(autouse=True)
def counted(settings):
    settings.COUNT_OPENS = settings.COUNT_CLICKS = True


@pytest.fixture
def delivery(make_subscriber):
    return mail_to(make_subscriber(is_counted=True))


@pytest.fixture
def number(db):
    return counting.numbers([ARXIV])[ARXIV]


def fold():
    return counting.fold(at=MOMENT + timedelta(minutes=5))


def see(path, at=MOMENT):
    return counting.see(path.removeprefix("/c/").removesuffix("/"), at=at)


def tallies():
    return set(Tally.objects.values_list("kind", "link__url", "count"))


def test_a_link_leads_to_its_address_and_is_counted(client, delivery, number):
    response = client.get(counting.click_path(delivery.public_id, number))
    assert (response.status_code, response.headers["Location"]) == (302, ARXIV)
    Sight.objects.update(at=MOMENT)
    assert fold() == 1
    assert tallies() == {("clicked", ARXIV, 1)}


def test_who_it_was_is_forgotten_with_the_sum(delivery, number):
    see(counting.click_path(delivery.public_id, number))
    fold()
    assert not Sight.objects.exists()


def test_sums_grow(make_subscriber, number):
    for _ in range(3):
        mail = mail_to(make_subscriber(is_counted=True))
        see(counting.click_path(mail.public_id, number))
        see(counting.pixel_path(mail.public_id))
        fold()
    assert tallies() == {("clicked", ARXIV, 3), ("opened", None, 3)}


def test_what_is_a_minute_old_at_most_is_not_summed_up_yet(delivery, number):
    see(counting.click_path(delivery.public_id, number))
    assert counting.fold(at=MOMENT + timedelta(seconds=60)) == 0
    assert Sight.objects.exists()


def test_a_program_that_follows_every_link_is_not_counted(delivery, number):
    see(counting.click_path(delivery.public_id, number))
    see(counting.canary_path(delivery.public_id), at=MOMENT + 2 * SECOND)
    assert fold() == 0
    assert not Tally.objects.exists()
    assert not Sight.objects.exists()


def test_a_person_who_reads_after_the_scanner_is_counted(delivery, number):
    see(counting.canary_path(delivery.public_id))
    see(counting.click_path(delivery.public_id, number), at=MOMENT + 31 * SECOND)
    assert fold() == 1


def test_a_scan_seen_after_the_click_was_old_enough_still_counts():
    click = Seen(UUID(int=1), 1, "clicked", 7, MOMENT)
    scan = Seen(UUID(int=1), 1, "scanned", None, MOMENT + 29 * SECOND)
    assert by_people([click], [click, scan]) == {}
    assert by_people([click], [click]) == {(1, "clicked", 7): 1}


def test_one_mail_counts_once(delivery, number):
    for second in range(3):
        see(counting.click_path(delivery.public_id, number), at=MOMENT + second * SECOND)
    assert fold() == 1


@pytest.mark.parametrize("setting", ["COUNT_OPENS", "COUNT_CLICKS"])
def test_what_is_turned_off_is_not_noted_and_the_link_still_works(
    delivery, number, settings, setting
):
    setattr(settings, setting, False)
    assert see(counting.click_path(delivery.public_id, number)) == ARXIV
    see(counting.pixel_path(delivery.public_id))
    expected = {"COUNT_OPENS": "clicked", "COUNT_CLICKS": "opened"}[setting]
    assert list(Sight.objects.values_list("kind", flat=True)) == [expected]


def test_a_reader_who_does_not_agree_is_never_noted(make_subscriber, number):
    mail = mail_to(make_subscriber(is_counted=False))
    assert see(counting.click_path(mail.public_id, number)) == ARXIV
    see(counting.pixel_path(mail.public_id))
    assert not Sight.objects.exists()


def test_only_looking_whether_a_link_works_notes_nothing(client, delivery, number):
    path = counting.click_path(delivery.public_id, number)
    assert client.head(path).headers["Location"] == ARXIV
    assert client.post(path).status_code == 405
    assert not Sight.objects.exists()


def test_the_pixel_and_the_hidden_link_are_dots(client, delivery):
    for path in (counting.pixel_path(delivery.public_id), counting.canary_path(delivery.public_id)):
        response = client.get(path)
        assert response.headers["Content-Type"] == "image/gif"
        assert response.headers["Cache-Control"] == "no-store"


def test_no_link_can_be_made_up(client, delivery, number):
    good = counting.click_path(delivery.public_id, number)
    token = good.split("/")[2]
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(BadToken):
            counting.see(token[:at] + other + token[at + 1 :], at=MOMENT)
    for bad in ("", "é", "x" * 48, token[:-4], token + "AAAA", token + "!", ARXIV):
        with pytest.raises(BadToken):
            counting.see(bad, at=MOMENT)
    assert client.get("/c/nothing/").status_code == 404


def test_a_link_that_is_gone_leads_nowhere(delivery, number):
    Link.objects.all().delete()
    with pytest.raises(BadToken):
        see(counting.click_path(delivery.public_id, number))


def test_links_outlive_a_new_key(delivery, number, settings):
    path = counting.click_path(delivery.public_id, number)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new" * 20
    assert see(path) == ARXIV


def test_an_address_has_one_number_and_too_long_ones_none(db):
    first = counting.numbers([ARXIV, ARXIV, "https://x.org/" + "y" * 500])
    assert first.keys() == {ARXIV}
    assert counting.numbers([ARXIV]) == first
