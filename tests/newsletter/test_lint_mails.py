"""`manage.py lint_mails`: the checks by hand."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.newsletter.lint.good_mail import HTML, SITE, TEXT, mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_the_good_mail(settings):
    settings.POSTAL_ADDRESS = SITE.postal_address


def run(*arguments) -> str:
    out = StringIO()
    call_command("lint_mails", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_good_file_has_no_findings(tmp_path):
    path = tmp_path / "good.eml"
    path.write_bytes(mail())
    assert run(path) == f"{path}: 0 findings\n"


def test_a_file_with_other_line_ends_is_read_too(tmp_path):
    path = tmp_path / "saved.eml"
    path.write_bytes(mail().replace(b"\r\n", b"\n"))
    assert run(path) == f"{path}: 0 findings\n"


def test_a_soft_finding_is_printed_and_a_hard_one_fails(tmp_path):
    soft, hard = tmp_path / "soft.eml", tmp_path / "hard.eml"
    soft.write_bytes(mail(Reply_To=None))
    hard.write_bytes(mail(List_Unsubscribe_Post=None))
    assert "3 (soft): there is somebody to answer to" in run(soft)
    with pytest.raises(CommandError, match="not to be sent"):
        run(soft, hard)


def test_papers_of_a_file_are_known_if_we_have_them(tmp_path, make_paper):
    path, title = tmp_path / "none.eml", "All or None"
    old = "How diffusion models learn to count"
    path.write_bytes(mail(html=HTML.replace(old, title), text=TEXT.replace(old, title)))
    with pytest.raises(CommandError):
        run(path)
    make_paper(title, arxiv_id="2603.00001")
    assert "0 findings" in run(path)


@pytest.mark.parametrize(
    "arguments", [[], ["x.eml", "--issue", "daily-20260317"], ["--issue", "no"], ["/no/file"]]
)
def test_what_is_not_there_cannot_be_checked(arguments):
    with pytest.raises(CommandError):
        run(*arguments)


def test_an_issue_is_looked_at_by_sample(make_delivery):
    """What the gate does with it is proved in test_gate."""
    make_delivery(state="skipped")
    assert run("--issue", "daily-20260317") == "daily-20260317: 0 mails looked at\n"
