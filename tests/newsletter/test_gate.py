"""The gate between an issue and its readers."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models import F

from newsletter import compose, gate
from newsletter.lint import Finding
from newsletter.models import Inspection, Issue, Sent
from papers.models import Topic
from subscriptions import mail
from subscriptions.models import Subscriber
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.lint.good_mail import SITE, numbers
from tests.newsletter.lint.good_mail import mail as good_mail

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def write(monkeypatch):
    """Have every digest be this mail; a function may raise instead."""

    class Written:
        def __init__(self, raw: bytes):
            self.raw = raw

        def wire(self) -> bytes:
            return self.raw

    def install(made):
        one = made if callable(made) else lambda delivery: made
        monkeypatch.setattr(compose, "compose_all", lambda _: lambda d: Written(one(d)))

    return install


@pytest.fixture(autouse=True)
def as_the_good_mail(settings):
    settings.POSTAL_ADDRESS = SITE.postal_address


def fresh(**fields) -> bytes:
    return good_mail(Date="Tue, 17 Mar 2026 12:00:00 +0000", **fields)


def test_an_issue_whose_mails_are_good_is_opened(make_delivery, write):
    write(fresh())
    issue = make_delivery().issue
    assert gate.release_waiting(at=MOMENT) == 1
    issue.refresh_from_db()
    assert (issue.state, issue.reason) == ("open", "")
    assert list(Inspection.objects.values_list("issue", "mails", "findings")) == [(issue.pk, 1, [])]


def test_one_hard_finding_pauses_the_issue_and_says_why(make_delivery, write, caplog):
    write(fresh(List_Unsubscribe_Post=None))
    issue = make_delivery().issue
    assert gate.release_waiting(at=MOMENT) == 0
    issue.refresh_from_db()
    why = "check 8: one click is offered (RFC 8058); List-Unsubscribe-Post is not"
    assert issue.state == "paused"
    assert issue.reason.startswith(why)
    assert [(r.levelname, why in r.message) for r in caplog.records] == [("ERROR", True)]
    assert Inspection.objects.get().findings[0]["number"] == 8


def test_a_soft_finding_is_logged_once_and_stops_nothing(make_delivery, write, caplog):
    write(fresh(Reply_To=None))
    make_delivery()
    make_delivery()
    with caplog.at_level(logging.WARNING):
        assert gate.release_waiting(at=MOMENT) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    row = {"number": 3, "is_hard": False, "mails": 2}
    assert row.items() <= Inspection.objects.get().findings[0].items()


def test_a_long_reason_is_cut(make_delivery, write):
    write(b"Subject: nothing\r\n\r\n")
    issue = make_delivery().issue
    gate.release(issue, at=MOMENT)
    issue.refresh_from_db()
    assert len(issue.reason) == 200


def test_a_mail_that_cannot_be_composed_is_hard(make_delivery, write, caplog):
    def fail(delivery):
        raise KeyError("reader@example.net")

    write(fail)
    report = gate.examine(make_delivery().issue, at=MOMENT)
    assert report.findings == [Finding(0, True, "it can be composed; KeyError")]
    assert "cannot be composed" in caplog.text


def test_readers_who_left_have_no_mail_and_stop_nothing(make_delivery):
    issue = make_delivery().issue
    Subscriber.objects.update(state=Subscriber.State.UNSUBSCRIBED)
    assert gate.release(issue, at=MOMENT)
    assert Inspection.objects.get().mails == 0


def grow(issue, make_delivery) -> None:
    """Open the slot of another time zone."""
    make_delivery()
    Issue.objects.update(expected_count=F("expected_count") + 1)


def test_readers_of_later_time_zones_are_looked_at_as_they_come(make_delivery, write, caplog):
    write(fresh())
    issue = make_delivery().issue
    gate.release_waiting(at=MOMENT)
    gate.release_waiting(at=MOMENT + HOUR)  # nobody came
    grow(issue, make_delivery)
    gate.release_waiting(at=MOMENT + gate.LOOK_AGAIN / 2)  # they are still coming
    assert Inspection.objects.count() == 1

    write(fresh(List_Unsubscribe_Post=None))
    assert gate.release_waiting(at=MOMENT + HOUR) == 0
    issue.refresh_from_db()
    assert (issue.state, Inspection.objects.count()) == ("paused", 2)
    assert issue.reason.startswith("check 8")


def test_an_issue_whose_later_readers_have_good_mails_goes_on(make_delivery, write):
    write(fresh())
    issue = make_delivery().issue
    gate.release_waiting(at=MOMENT)
    grow(issue, make_delivery)
    for hours in (1, 2):
        gate.release_waiting(at=MOMENT + hours * HOUR)
    issue.refresh_from_db()
    assert (issue.state, Inspection.objects.count()) == ("open", 2)


def test_who_resumed_an_issue_with_findings_is_not_asked_again(make_delivery, write):
    write(fresh(List_Unsubscribe_Post=None))
    issue = make_delivery().issue
    gate.release_waiting(at=MOMENT)
    issue.resume()
    grow(issue, make_delivery)
    gate.release_waiting(at=MOMENT + HOUR)
    issue.refresh_from_db()
    assert issue.state == "open"


def test_an_issue_that_is_sent_is_not_looked_at_again(make_delivery):
    issue = make_delivery(state=State.ACCEPTED).issue
    Issue.objects.update(state="paused")
    assert not gate.check_again(issue)
    assert Issue.objects.get().state == "paused"


def test_what_an_editor_put_right_is_looked_at_again_and_goes_out(make_delivery):
    issue = make_delivery().issue
    Topic.objects.update(name="{{ agents }}")
    assert not gate.release(issue, at=MOMENT)
    Topic.objects.update(name="Agents")  # the wrong name is in cards that are stored
    issue.refresh_from_db()
    assert gate.check_again(issue)
    assert gate.release_waiting(at=MOMENT) == 1
    issue.refresh_from_db()
    assert (issue.state, issue.reason) == ("open", "")
    assert not gate.check_again(issue)


@pytest.mark.parametrize("state", ["open", "paused", "cancelled"])
def test_only_an_issue_that_waits_is_looked_at(make_delivery, write, state):
    write(b"")
    issue = make_delivery().issue
    Issue.objects.update(state=state)
    assert gate.release_waiting(at=MOMENT) == 0
    assert not gate.release(issue, at=MOMENT)
    assert Issue.objects.get().state == state
    assert not Inspection.objects.exists()


def test_an_issue_with_nothing_to_send_goes_on_waiting(make_delivery, write):
    write(fresh())
    make_delivery(state=State.SKIPPED)
    assert gate.release_waiting(at=MOMENT) == 0
    assert Issue.objects.get().state == "checking"


def test_the_sample_has_the_longest_the_shortest_and_some_between(
    make_delivery, make_paper, make_subscriber, write
):
    papers = [make_paper() for _ in range(3)]
    lengths = [2] * 60
    lengths[17], lengths[23] = 3, 1
    rows = [make_delivery(papers[:length], reader=make_subscriber()) for length in lengths]
    looked_at: list[int] = []

    def note(delivery):
        looked_at.append(delivery.pk)
        return fresh()

    write(note)
    report = gate.examine(rows[0].issue, at=MOMENT)
    assert {rows[17].pk, rows[23].pk, rows[0].pk, rows[-1].pk} <= set(looked_at)
    assert report.mails == len(looked_at) == len(set(looked_at)) <= 31
    assert max(after - before for before, after in pairwise(sorted(looked_at))) < 10


def test_a_paper_that_the_reader_has_had_is_found(make_delivery, make_paper, write):
    write(fresh())
    paper = make_paper(arxiv_id="2603.00001")
    delivery = make_delivery([paper])
    offset = (paper.pk & 4095).to_bytes(2, "little")
    Sent.objects.create(subscriber=delivery.subscriber, block=paper.pk >> 12, papers=offset)
    report = gate.examine(delivery.issue, at=MOMENT)
    assert [finding.number for finding in report.findings] == [32]


def test_hosts_that_a_paper_names_may_be_linked_to_if_they_are_fit(make_paper):
    papers = [
        make_paper(code_url="https://git.example.com/a", project_url="https://bit.ly/b"),
        make_paper(project_url="http://plain.example.com/"),
    ]
    assert gate.site(papers).link_hosts - gate.site().link_hosts == {"git.example.com"}


def test_the_site_of_the_settings_is_the_site_of_the_checks(settings):
    settings.POSTAL_ADDRESS = SITE.postal_address
    assert gate.site() == SITE
    assert mail.domain() == SITE.mail_domain
    assert numbers(good_mail(), site=gate.site()) == set()
