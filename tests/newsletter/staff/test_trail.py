"""Whatever somebody does in the admin leaves a line that says who did what, and names nobody."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from newsletter.models import Issue
from subscriptions.models import Subscriber
from tests.newsletter.rows import an_issue

pytestmark = pytest.mark.django_db
READERS = reverse("admin:subscriptions_subscriber_changelist")
ISSUES = reverse("admin:newsletter_issue_changelist")


def choose(client, page, action, *rows, **fields):
    return client.post(page, {"action": action, "_selected_action": [r.pk for r in rows], **fields})


def test_an_action_leaves_a_line_with_ids_and_without_names(admin_client, make_subscriber):
    readers = [make_subscriber() for _ in range(2)]
    choose(admin_client, READERS, "suppress", *readers)
    entry = LogEntry.objects.get()
    ids = ", ".join(str(reader.pk) for reader in readers)
    assert entry.change_message == f"suppress on 2: {ids}"
    assert entry.user.username == "admin"
    assert "@" not in entry.change_message + entry.object_repr


def test_an_action_on_all_says_how_many_they_were(admin_client, make_subscriber):
    readers = [make_subscriber() for _ in range(3)]
    choose(admin_client, READERS, "revoke_links", readers[0], select_across="1")
    assert LogEntry.objects.get().change_message == "revoke_links on 3"


def test_a_question_that_was_not_answered_leaves_none(admin_client):
    issue = an_issue()
    choose(admin_client, ISSUES, "cancel", issue)
    assert not LogEntry.objects.exists()
    choose(admin_client, ISSUES, "cancel", issue, confirmed="1")
    assert LogEntry.objects.get().change_message == f"cancel on 1: {issue.pk}"
    assert Issue.objects.get().state == Issue.State.CANCELLED


@pytest.mark.parametrize("fields", [{"action": ""}, {"action": "no_such"}, {"index": "nine"}])
def test_nothing_chosen_leaves_none(admin_client, make_subscriber, fields):
    make_subscriber()
    admin_client.post(READERS, {"action": "suppress", **fields})
    assert not LogEntry.objects.exists()
    assert Subscriber.objects.get().state == Subscriber.State.CONFIRMED


def test_opening_by_hand_leaves_a_line(admin_client, monkeypatch):
    monkeypatch.setattr("newsletter.tasks.ring_pump", lambda: None)
    admin_client.post(reverse("admin:newsletter_issue_open_now"))
    assert LogEntry.objects.get().change_message == "Opened what was due: 0 readers."


def test_the_trail_is_read_and_never_changed(admin_client, make_subscriber):
    choose(admin_client, READERS, "suppress", make_subscriber())
    entry = LogEntry.objects.get()
    page = admin_client.get(reverse("admin:admin_logentry_changelist")).content.decode()
    assert "suppress on 1" in page
    for name in ("change", "delete"):
        address = reverse(f"admin:admin_logentry_{name}", args=[entry.pk])
        assert admin_client.post(address, {"post": "yes"}).status_code == 403
