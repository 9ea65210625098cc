"""What our own pages in the admin have in common with Django's."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import AdminForm
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(
    admin: ModelAdmin[Any], request: HttpRequest, name: str, *, title: str, **context: Any
) -> HttpResponse:
    """Answer with a template of templates/admin/papers/."""
    common = {**admin.admin_site.each_context(request), "title": title, "opts": admin.opts}
    return render(request, f"admin/papers/{name}", {**common, **context})


def laid_out(form: Form) -> AdminForm:
    """Let a form of our own look as those of Django's admin."""
    fieldsets = [(None, {"fields": list(form.fields)})]
    return AdminForm(cast("ModelForm[Any]", form), fieldsets, {})
