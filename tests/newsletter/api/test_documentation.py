"""The documentation of the API is made from its schema, and shows all of it."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from newsletter.api import describing
from newsletter.api.urls import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(client) -> dict:
    response = client.get("/api/v1/openapi.json")
    assert response["Content-Type"].startswith("application/json")
    return response.json()


def test_every_operation_field_and_answer_is_on_the_page(client, schema):
    page = unescape(client.get("/api/v1/").content.decode())
    for path, methods in schema["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in page
    for shape in describing.shapes(schema):
        assert f'id="{shape.name}"' in page
        for field in shape.fields:
            assert f"<code>{field.name}</code>" in page


def test_every_link_of_the_page_leads_somewhere(client):
    page = client.get("/api/v1/").content.decode()
    names = re.findall(r'id="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(names)
    for address in set(re.findall(r'href="(/(?:api|feeds)[^"]+)"', page)):
        assert client.get(address).status_code == 200


def test_the_page_needs_nobody_elses_machine_and_no_script(client):
    page = client.get("/api/v1/").content.decode()
    assert "<script" not in page
    assert " style=" not in page
    assert "cdn" not in page
    assert re.findall(r'(?:src|href)="(https?://(?!news\.example\.org))', page) == []


def test_every_operation_and_field_is_explained(schema):
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"].endswith(".")
            assert all(each["description"] for each in operation["parameters"])
            assert "429" in operation["responses"]


def test_names_of_fields_stay():
    """docs/api.md promises it: a change here must be one that adds."""
    found = {shape.name: [field.name for field in shape.fields] for shape in _shapes()}
    assert found["Paper"] == [
        "key", "title", "authors", "summary", "abstract", "categories", "topics", "published_at",
        "listed_on", "version", "votes", "comments", "stars", "trend", "page_url", "abstract_url",
        "pdf_url", "code_url", "project_url",
    ]  # fmt: skip
    assert found["Topic"] == ["slug", "name", "description", "page_url", "feed_url"]
    assert found["Issue"] == ["slug", "cadence", "on", "introduction", "page_url"]
    assert found["Trending"] == ["items", "next", "since", "until"]
    assert found["Error"] == ["code", "message", "fields"]


def _shapes():
    return describing.shapes(api.get_openapi_schema())


def test_examples_are_what_the_shapes_say(schema):
    for operation in describing.operations(schema, root="https://news.example.org"):
        said = json.loads(operation.example)
        assert said
        assert operation.call.startswith("curl https://news.example.org/api/v1/")
        assert "{" not in operation.call.partition(" -H")[0]
    read = {each.id: each for each in describing.operations(schema, root="")}
    assert json.loads(read["readPaper"].example)["key"] == "2603.01234"
    assert json.loads(read["listPapers"].example)["items"][0]["topics"][0]["slug"] == "agents"


def test_types_are_told_in_words():
    fields = {
        field.name: field for shape in _shapes() if shape.name == "Paper" for field in shape.fields
    }
    assert fields["authors"].type == "array of string"
    assert fields["published_at"].type == "date-time or null"
    assert (fields["topics"].type, fields["topics"].shape) == ("array of TopicName", "TopicName")


def test_the_page_says_whether_sign_ups_are_open(client, settings):
    settings.API_SIGNUP_KEYS = []
    assert "This site has not opened it." in client.get("/api/v1/").content.decode()
    settings.API_SIGNUP_KEYS = ["k" * 32]
    assert "This site has not opened it." not in client.get("/api/v1/").content.decode()
