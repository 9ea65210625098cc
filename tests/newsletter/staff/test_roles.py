"""What each of the four roles may do: every page of the admin, by every method."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.urls import NoReverseMatch, reverse

from newsletter.staff import roles
from papers.models import Paper, Topic
from subscriptions.models import Subscriber

pytestmark = pytest.mark.django_db

# Models that name readers, or what they did: for senders and owners alone.
PERSONAL = {
    *("subscriber", "consent", "letter", "suppression", "interest"),
    *("delivery", "event", "webhook", "alarm"),
}
REGISTERED = {
    model._meta.model_name: model
    for model in admin.site._registry
    if model._meta.app_label in {"papers", "subscriptions", "newsletter"}
}
CHANGED_BY = {  # model -> the roles that may change its rows in the admin's own form
    "plan": {"Editor", "Sender", "Owner"},
    "paper": {"Editor", "Sender", "Owner"},
    "topic": {"Editor", "Sender", "Owner"},
    "subscriber": {"Sender", "Owner"},
}
DELETED_BY = {name: {"Owner"} for name in ("paper", "plan", "topic", "subscriber")}


@pytest.fixture
def work_as(client):
    def make(role: str):
        user = User.objects.create_user(role, f"{role}@example.org", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return make


def page(model, name: str) -> str:
    row = [model.objects.first().pk] if name in {"change", "delete", "history"} else []
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=row)


@pytest.mark.parametrize("role", roles.ROLES)
def test_a_role_sees_what_it_should_and_nothing_else(work_as, one_of_each, role):
    client = work_as(role)
    seen = {
        name
        for name, model in REGISTERED.items()
        if client.get(page(model, "changelist")).status_code == 200
    }
    if role in {"Viewer", "Editor"}:
        assert seen & PERSONAL == set()
        ours = {"paper", "topic", "ingestion", "issue", "plan", "rehearsal", "tally"}
        assert ours <= seen
    else:
        assert seen == set(REGISTERED)


@pytest.mark.parametrize("role", roles.ROLES)
def test_a_role_changes_and_deletes_what_it_should_and_nothing_else(work_as, one_of_each, role):
    client = work_as(role)
    for name, model in REGISTERED.items():
        change = client.post(page(model, "change"), {}).status_code
        assert (change != 403) == (role in CHANGED_BY.get(name, set())), (name, change)
        delete = client.get(page(model, "delete")).status_code
        assert (delete != 403) == (role in DELETED_BY.get(name, set())), (name, delete)


@pytest.mark.parametrize("role", roles.ROLES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_of_ours_breaks_for_a_role(work_as, one_of_each, role, method):
    client = work_as(role)
    for model in REGISTERED.values():
        for pattern in admin.site._registry[model].get_urls():
            for args in ([], [model.objects.first().pk], ["sample"]):
                try:
                    address = reverse(f"admin:{pattern.name}", args=args)
                except NoReverseMatch:
                    continue
                answer = getattr(client, method)(address)
                assert answer.status_code in {200, 302, 400, 403, 404, 405}, address
                break


@pytest.mark.parametrize("role", roles.ROLES)
def test_only_owners_see_who_works_here(work_as, role):
    status = work_as(role).get("/admin/auth/user/").status_code
    assert status == (200 if role == "Owner" else 403)


@pytest.mark.parametrize(
    ("role", "expected"), [("Viewer", 403), ("Editor", 403), ("Sender", 302), ("Owner", 302)]
)
def test_only_who_may_send_opens_an_issue(work_as, monkeypatch, role, expected):
    monkeypatch.setattr("newsletter.tasks.ring_pump", lambda: None)
    assert work_as(role).post("/admin/newsletter/issue/open-now/").status_code == expected


def test_nobody_gives_himself_more(work_as):
    """An owner may change staff; who is no superuser makes none, and touches none."""
    client = work_as("Owner")
    me = User.objects.get(username="Owner")
    boss = User.objects.create_superuser("boss", "boss@example.org", "x" * 20)
    address = reverse("admin:auth_user_change", args=[me.pk])
    fields = {"username": "Owner", "email": "new@example.org", "is_active": "on", "is_staff": "on"}
    more = {
        "is_superuser": "on",
        "user_permissions": [Permission.objects.first().pk],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "12:00",
        "groups": [me.groups.get().pk],
    }
    assert client.post(address, fields | more).status_code == 302
    me.refresh_from_db()
    assert (me.email, me.is_superuser) == ("new@example.org", False)
    assert me.user_permissions.count() == 0
    for page_name in ("change", "delete"):
        theirs = reverse(f"admin:auth_user_{page_name}", args=[boss.pk])
        assert client.post(theirs, fields).status_code == 403


def test_what_an_upgrade_brings_is_in_the_groups_and_own_groups_stay(db):
    editor, own = Group.objects.get(name="Editor"), Group.objects.create(name="Interns")
    own.permissions.add(*editor.permissions.all()[:2])
    editor.permissions.clear()
    call_command("migrate", verbosity=0)
    assert editor.permissions.filter(codename="change_paper").exists()
    assert own.permissions.count() == 2


def test_every_line_of_the_roles_names_something(db):
    models = {f"{model._meta.app_label}.{model._meta.model_name}" for model in _all_models()}
    for rights in roles.ROLES.values():
        for line in rights:
            assert line.endswith(".*") or line in models, line


def _all_models():
    from django.apps import apps

    return apps.get_models()


def test_the_rows_that_the_matrix_needs_exist(one_of_each):
    for model in (Paper, Topic, Subscriber):
        assert model.objects.exists()
