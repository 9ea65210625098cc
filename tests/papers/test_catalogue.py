from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from papers import catalogue
from papers.models import Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_topics():
    Topic.objects.all().delete()


def run_migration():
    migration = import_module("papers.migrations.0002_topics")
    migration.load_topics(apps, SimpleNamespace(connection=connection))


def test_the_shipped_topics_are_read_in_their_order():
    topics = catalogue.load()
    assert len(topics) == 26
    assert [topic.position for topic in topics] == list(range(1, 27))
    assert topics[0].slug == "language-models"
    assert "scaling law\n" in topics[0].include


def test_slugs_are_unique_and_every_topic_can_be_recognised():
    topics = catalogue.load()
    assert len({topic.slug for topic in topics}) == len(topics)
    assert all(topic.include or topic.categories for topic in topics)


def test_every_shipped_topic_fits_its_fields(no_topics):
    catalogue.install()
    for topic in Topic.objects.all():
        topic.full_clean()


def test_installing_stores_all_topics_once(no_topics):
    assert catalogue.install() == 26
    assert catalogue.install() == 0
    assert Topic.objects.count() == 26


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_topic_that_an_operator_changed_is_replaced_only_if_asked(no_topics, overwrite):
    Topic.objects.create(slug="agents", name="Mine")
    catalogue.install(overwrite=overwrite)
    assert (Topic.objects.get(slug="agents").name != "Mine") is overwrite


@pytest.mark.parametrize("is_empty", [True, False])
def test_the_migration_stores_what_the_catalogue_says(no_topics, is_empty):
    if not is_empty:
        Topic.objects.create(slug="agents", name="Mine")
    run_migration()
    names = ["slug", "name", "description", "include", "exclude", "categories", "position"]
    migrated = set(Topic.objects.values_list(*names))
    catalogue.install(overwrite=True)
    kept = set() if is_empty else {("agents", "Mine", "", "", "", "", 0)}
    assert migrated - set(Topic.objects.values_list(*names)) == kept
    assert len(migrated) == 26
