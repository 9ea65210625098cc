"""Operators upload files: tried first, stored when they say so, and nobody else's business."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from papers import uploads
from papers.models import Ingestion, Paper, Upload
from papers.sources import packed
from tests.papers.admin_steps import text

AT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
PAPERS = "/admin/papers/paper/"
UPLOAD = f"{PAPERS}upload/"
DATA = Path(__file__).parents[1] / "data" / "papers"
TABLE = b"title,arxiv_id,votes\nSkating robots,2603.01234,41\nProofs,2603.0123,2\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def operator(client):
    """A client of a user who may do only what the given permissions allow."""

    def make(*codenames, name="operator"):
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return make


def send(client, content=TABLE, *, name="papers.csv", day="2026-03-16", **fields):
    """Upload a file and follow to what it would change, or stay at the form."""
    file = SimpleUploadedFile("name", content)
    file._name = name  # as it is, where Django's own setter would cut it
    return client.post(UPLOAD, {"file": file, "listed_on": day, **fields}, follow=True)


def confirm(client, response):
    return client.post(response.redirect_chain[-1][0], follow=True)


def test_the_list_of_papers_leads_to_the_form(admin_client):
    assert f'href="{UPLOAD}"' in text(admin_client.get(PAPERS))
    assert "See what it would change" in text(admin_client.get(UPLOAD))


def test_a_file_is_tried_first_and_stores_nothing(admin_client, make_paper):
    known = make_paper("Skating robots", arxiv_id="2603.01234")
    page = text(send(admin_client))
    assert "0 new, 1 changed, 0 as they are, 1 refused" in page
    assert "<td>votes</td><td>0</td><td>41</td>" in page
    assert "papers.csv, row 3 (line 3)" in page
    assert "lacks a digit" in page
    known.refresh_from_db()
    assert (known.votes, Ingestion.objects.count()) == (0, 0)


def test_what_was_tried_is_stored_on_demand(admin_client):
    response = confirm(admin_client, send(admin_client))
    assert "1 papers are new, 0 changed and 0 as they were; 1 records were refused." in text(
        response
    )
    assert Paper.objects.get().votes == 41
    ingestion = Ingestion.objects.get()
    assert (ingestion.source, ingestion.place) == ("csv", "uploaded: papers.csv")
    assert ingestion.refusals.get().place == "papers.csv, row 3 (line 3)"
    assert Upload.objects.count() == 0
    assert LogEntry.objects.get().get_change_message() == "Uploaded papers.csv."


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("page.html", "page"),
        ("page.txt", "page"),
        ("arxiv.xml", "arxiv"),
        ("2026-03-16.json", "huggingface"),
    ],
)
def test_saved_answers_are_recognised(admin_client, name, source):
    response = send(admin_client, (DATA / name).read_bytes(), name=name, day="")
    assert "Store it" in text(response)
    assert Upload.objects.get().source == source
    confirm(admin_client, response)
    assert Paper.objects.exists()


def test_json_lines_may_be_packed_and_the_kind_may_be_chosen(admin_client):
    line = gzip.compress(json.dumps({"title": "Skating"}).encode())
    assert "1 new" in text(send(admin_client, line, name="a.jsonl.gz", source="jsonl"))


def test_a_file_of_another_kind_than_was_said_is_explained(admin_client):
    page = text(send(admin_client, source="arxiv"))
    assert "It breaks off: papers.csv" in page
    assert "Store it" not in page


def test_an_error_after_good_records_still_lets_them_be_stored(admin_client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_RECORDS", 1)
    response = send(admin_client)
    assert "It breaks off: it holds more than 1 records" in text(response)
    assert "It was read up to an error" in text(confirm(admin_client, response))
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "The submitted file is empty"),
        (b"PK\x03\x04workbook", "save it as CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a text file"),
        (b"\x1f\x8b\x08torn", "is damaged"),
    ],
)
def test_what_is_no_text_is_refused_at_the_form(admin_client, content, complaint):
    page = text(send(admin_client, content, name="papers.bin"))
    assert complaint in page
    assert "upload-" not in page
    assert Upload.objects.count() == 0


def test_a_day_in_the_future_is_refused(admin_client):
    assert "lies in the future" in text(send(admin_client, day="2026-03-18"))


def test_a_huge_file_is_refused_without_being_kept(admin_client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 100_000)
    page = text(send(admin_client, b"title\n" + b"x\n" * 100_000))
    assert "This file is larger than" in page
    assert Upload.objects.count() == 0


def test_a_file_that_unpacks_without_end_is_refused(admin_client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 1_000_000)
    bomb = gzip.compress(b"title\n" + b"x\n" * 5_000_000)
    assert len(bomb) < 20_000
    assert "holds more than 1,000,000 bytes" in text(send(admin_client, bomb, name="a.csv.gz"))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\a.csv", "a.csv"),
        ("..", "upload"),
        ("<script>alert(1)</script>.csv", "script_.csv"),
        (".packed", "packed"),
        ("a\u202eb\x1b[31m.csv", "a_b_31m.csv"),
        ("nul\0.csv", "nul_.csv"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_names_are_made_harmless(name, kept):
    assert uploads.safe_name(name) == kept


def test_a_hostile_name_is_shown_harmless(admin_client):
    page = text(send(admin_client, name='"><img src=x onerror=alert(1)>.csv'))
    assert "<img src=x" not in page
    assert Upload.objects.get().name == "img_src_x_onerror_alert_1_.csv"


def test_what_a_file_says_is_escaped(admin_client):
    page = text(send(admin_client, b"title\n<script>alert(1)</script>\n"))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_formula_is_stored_as_the_text_that_it_is(admin_client):
    confirm(admin_client, send(admin_client, b'title,abstract\n"=1+1","@SUM(A1)"\n'))
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract) == ("=1+1", "@SUM(A1)")


def test_nul_bytes_cost_only_their_row(admin_client):
    rows = b"title\n" + b"Skating robots on ice\n" * 3 + b"Pro\0ofs\n"
    response = send(admin_client, rows)
    assert "1 new, 0 changed, 0 as they are, 1 refused" in text(response)
    confirm(admin_client, response)
    assert Paper.objects.count() == 1


def test_confirming_twice_stores_once(admin_client):
    response = send(admin_client)
    confirm(admin_client, response)
    assert admin_client.post(response.redirect_chain[-1][0]).status_code == 404
    assert Ingestion.objects.count() == 1


def test_two_who_confirm_at_once_store_once(admin_client):
    send(admin_client)
    first, second = Upload.objects.get(), Upload.objects.get()
    uploads.store(first, at=AT)
    with pytest.raises(Upload.DoesNotExist):
        uploads.store(second, at=AT)


def test_a_file_that_nobody_confirms_is_forgotten(admin_client, clock):
    response = send(admin_client)
    clock.shift(timedelta(hours=1, seconds=1))
    assert admin_client.get(response.redirect_chain[-1][0]).status_code == 404
    assert Upload.objects.count() == 0


def test_nobody_sees_the_file_of_another(admin_client, operator):
    address = send(admin_client).redirect_chain[-1][0]
    client = operator("add_ingestion", "view_paper")
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404


def test_who_may_only_look_cannot_upload(operator, admin_user):
    client = operator("view_paper", "change_paper", "view_ingestion")
    upload = Upload.objects.create(user=admin_user, at=AT, name="a", source="csv", content=TABLE)
    assert "upload" not in text(client.get(PAPERS))
    for address in (UPLOAD, f"{UPLOAD}{upload.pk}/"):
        assert client.get(address).status_code == 403
        assert client.post(address).status_code == 403


def test_who_may_start_readings_can_upload(operator):
    client = operator("view_paper", "add_ingestion")
    assert "1 papers are new" in text(confirm(client, send(client)))


def test_another_site_can_neither_upload_nor_confirm(admin_user):
    upload = Upload.objects.create(user=admin_user, at=AT, name="a", source="csv", content=TABLE)
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert send(client).status_code == 403
    assert client.post(f"{UPLOAD}{upload.pk}/").status_code == 403
    assert Paper.objects.count() == 0


def test_strangers_are_asked_to_sign_in(client):
    assert client.get(UPLOAD).status_code == 302
    assert "/login/" in client.post(UPLOAD).headers["Location"]


def test_the_date_of_the_form_is_for_papers_without_one(admin_client):
    confirm(admin_client, send(admin_client, day="2026-03-10"))
    assert Paper.objects.get().listed_on == date(2026, 3, 10)


def test_limits_hold_each_other():
    assert uploads.MOST_BYTES < uploads.MOST_UNPACKED < packed.MOST_UNPACKED
