"""The shipped topics come in by command, and nobody's own work is lost by accident."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from papers import catalogue
from papers.models import Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    def call(*arguments: str) -> list[str]:
        call_command("install_topics", *arguments)
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def changed():
    """The shipped topics, one of them changed by hand, and one of our own."""
    catalogue.install()
    Topic.objects.create(slug="knitting", name="Knitting")
    Topic.objects.filter(slug="agents").update(name="Butlers", include="butler")
    Topic.objects.filter(slug="robotics").delete()


def test_what_is_missing_is_told_and_stored_only_when_asked(run, changed):
    assert run() == ["robotics: new"]
    assert not Topic.objects.filter(slug="robotics").exists()
    assert run("--store") == ["robotics: new", "1 topics stored"]
    assert Topic.objects.get(slug="agents").name == "Butlers"


def test_what_was_changed_is_overwritten_only_when_asked(run, changed):
    assert run("--overwrite") == ["agents: name, include", "robotics: new"]
    assert Topic.objects.get(slug="agents").name == "Butlers"
    run("--overwrite", "--store")
    assert Topic.objects.get(slug="agents").name != "Butlers"
    assert Topic.objects.filter(slug="knitting").exists()
    assert run("--overwrite") == []
