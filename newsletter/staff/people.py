"""The accounts of staff, in the admin: nobody gives himself, or takes from others, more."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest


class PeopleAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's; but only superusers make superusers, or touch them.

    Django warns that whoever may change accounts may otherwise make himself one.
    """

    list_display = ["username", "email", "is_staff", "is_superuser", "last_login"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_superuser(request) else (*fields, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Not many at once: a superuser might be among them."""
        return super().get_actions(request) if _is_superuser(request) else {}


def register(site: admin.AdminSite) -> None:
    site.unregister(User)
    site.register(User, PeopleAdmin)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    return person is None or not person.is_superuser or _is_superuser(request)
