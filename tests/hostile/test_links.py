"""Links of readers: each opens what it was made for, and mail scanners change nothing."""

from __future__ import annotations

import itertools

import pytest

from subscriptions import tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import BadToken, Purpose
from tests.hostile import mutations, scanners
from tests.hostile.doors import doors, tokens_of
from tests.hostile.rows import changes, dump

TOKEN_DOORS = [door for door in doors() if door.has_token]
State = Subscriber.State


@pytest.mark.parametrize("door", TOKEN_DOORS, ids=str)
def test_no_page_opens_to_the_links_of_another(door, visitor, reader, newcomer):
    """At most one purpose opens a page, and a POST with any other changes nothing."""
    opening = set()
    for somebody in (reader, newcomer):
        for purpose, token in tokens_of(somebody).items():
            if visitor.ask("GET", door.address({"token": token})).status_code == 200:
                opening.add(purpose)
    assert len(opening) <= 1
    if not opening:
        assert_only_one_may_post(door, visitor, reader)
        return

    before = dump()
    for somebody in (reader, newcomer):
        for purpose, token in tokens_of(somebody).items():
            if purpose not in opening:
                answer = visitor.post(door.address({"token": token}), {})
                assert answer.status_code in {404, 405}, purpose
    assert changes(before) == []
    assert visitor.wrong == []


def assert_only_one_may_post(door, visitor, reader):
    """Of a page that only takes what a form sends."""
    answers = {
        purpose: visitor.post(door.address({"token": token}), {}).status_code
        for purpose, token in tokens_of(reader).items()
    }
    assert len([code for code in answers.values() if code not in {404, 405}]) <= 1, answers
    assert visitor.wrong == []


@pytest.mark.parametrize("purpose", Purpose)
def test_no_changed_token_is_believed(purpose, reader, newcomer, django_assert_max_num_queries):
    token = tokens.make(purpose, reader)
    others = [tokens.make(other, reader) for other in Purpose if other is not purpose]
    tried = [*itertools.islice(mutations.mutations(token, seed=1), 4000), *others]
    believed = []
    # Of most nothing is asked, so nothing of the database can tell them apart.  The fresh ones
    # are bound to what they were made about, which is looked up.
    limit = len(tried) if purpose in tokens.FRESH else 0
    with django_assert_max_num_queries(limit):
        for changed in tried:
            try:
                believed.append((changed, tokens.read(purpose, changed)))
            except BadToken:
                continue
    assert believed == []
    assert tokens.read(purpose, token) == reader


def test_every_way_to_change_a_token_is_tried(reader):
    token = tokens.make(Purpose.UNSUBSCRIBE, reader)
    tried = list(itertools.islice(mutations.mutations(token, seed=1), 20_000))
    assert token not in {changed.rstrip(".,;:)>] ") for changed in tried}
    assert len(set(tried)) > 15_000


@pytest.mark.parametrize("is_kept", [True, False])
def test_links_survive_a_new_key_as_long_as_the_old_one_is_kept(reader, settings, is_kept):
    made = tokens_of(reader)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new key " * 6
    settings.SECRET_KEY_FALLBACKS = [old] if is_kept else []
    for purpose, token in made.items():
        try:
            assert tokens.read(purpose, token) == reader
            assert is_kept
        except BadToken:
            assert not is_kept


def test_links_of_another_installation_and_revoked_ones_open_nothing(reader, settings):
    ours = settings.SECRET_KEY
    settings.SECRET_KEY = "somebody else's " * 5
    foreign = tokens_of(reader)
    settings.SECRET_KEY = ours
    revoked = tokens_of(reader)
    Subscriber.objects.update(token_version=1)
    for made in (foreign, revoked):
        for purpose, token in made.items():
            with pytest.raises(BadToken):
                tokens.read(purpose, token)


@pytest.mark.parametrize("letters", [1, 2, 3, 4])
def test_a_link_that_was_cut_short_gets_a_friendly_page(letters, visitor, reader):
    for door in TOKEN_DOORS:
        for token in tokens_of(reader).values():
            answer = visitor.ask("GET", door.address({"token": token[:-letters]}))
            if answer.status_code == 405:  # a form leads there, and no link
                continue
            assert answer.status_code == 404
            assert (
                b"<h1" in answer.content or b"Not Found" in answer.content or door.route[:2] == "c/"
            )


def test_scanners_of_mail_change_nothing(visitor, reader, newcomer):
    links = [*scanners.links_of_digest(reader), *scanners.links_of_letters(newcomer)]
    assert any("/unsubscribe/" in link for link in links)
    assert any("/confirm/" in link for link in links)
    before = dump()
    for method, address, headers in itertools.islice(scanners.visits(links), 400):
        answer = visitor.ask(method, address, headers=headers)
        assert answer.status_code < 500
    assert changes(before) == []
    assert visitor.wrong == []
