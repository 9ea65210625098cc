"""Pages of the subscriptions app."""

from __future__ import annotations

from django.urls import path, register_converter

from subscriptions import views


class TokenConverter:
    """A token, with the bracket or full stop that a mail program took for a part of the link."""

    regex = r"[^/]+(?:/[^/\w]{1,3})?"

    def to_python(self, value: str) -> str:
        return value.partition("/")[0]

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")

app_name = "subscriptions"
urlpatterns = [
    path("", views.join, name="join"),
    path("check-inbox/", views.check_inbox, name="check_inbox"),
    path("confirm/<token:token>/", views.confirm, name="confirm"),
    path("preferences/<token:token>/", views.preferences, name="preferences"),
    path("unsubscribe/<token:token>/", views.unsubscribe, name="unsubscribe"),
]
