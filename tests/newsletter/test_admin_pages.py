"""Every page of the admin answers, and only to whom it should."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

OURS = {"papers", "subscriptions", "newsletter"}
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]
ACTIONS = [
    (model, action) for model in MODELS for action in admin.site._registry[model].actions or ()
]

# What a page may answer; 500 is not among it.
EXPECTED = {200, 302, 400, 403, 404, 405}


def pages_of(model) -> list[str]:
    """All named pages of one model's admin; ours among them."""
    row = model.objects.first()
    found = []
    for pattern in admin.site._registry[model].get_urls():
        for args in ([], [row.pk], ["sample"]):
            try:
                found.append(reverse(f"admin:{pattern.name}", args=args))
            except NoReverseMatch:
                continue
            break
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_answers_a_superuser(admin_client, one_of_each, model, method):
    pages = pages_of(model)
    answers = {page: getattr(admin_client, method)(page).status_code for page in pages}

    assert len(pages) >= 5  # list, add, history, delete, change
    assert {page: code for page, code in answers.items() if code not in EXPECTED} == {}
    assert 200 in answers.values()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_the_usual_pages_are_there(admin_client, one_of_each, model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for page in (
        reverse(f"{name}_changelist"),
        reverse(f"{name}_change", args=[model.objects.first().pk]),
        reverse(f"{name}_history", args=[model.objects.first().pk]),
    ):
        assert admin_client.get(page).status_code == 200
    assert admin_client.get(reverse(f"{name}_add")).status_code in {200, 403}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize("query", ["ann", "%_'\"", "\0", "2026-03-17", "🧪" * 200])
def test_every_list_can_be_searched_for_anything(admin_client, one_of_each, model, query):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    assert admin_client.get(reverse(name, query={"q": query})).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_staff_without_permissions_see_nothing(sign_in, one_of_each, model):
    client = sign_in()
    for page in pages_of(model):
        assert client.get(page).status_code in {403, 405}, page


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_strangers_are_asked_to_sign_in(client, one_of_each, model):
    for page in pages_of(model):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("model", "action"), ACTIONS, ids=[f"{model.__name__}-{action}" for model, action in ACTIONS]
)
def test_who_may_only_look_can_run_no_action(sign_in, one_of_each, model, action):
    client = sign_in(*(f"view_{each._meta.model_name}" for each in MODELS))
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    fields = {"action": action, "_selected_action": [model.objects.first().pk]}
    response = client.post(page, fields, follow=True)

    assert response.status_code == 200
    assert response.context["action_form"] is None
    assert list(response.context["messages"]) == []  # each action says what it did
