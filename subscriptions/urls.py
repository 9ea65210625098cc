"""Pages of the subscriptions app."""

from __future__ import annotations

from django.urls import path

from subscriptions import preferences_page, said_page, views

app_name = "subscriptions"
urlpatterns = [
    path("", views.join, name="join"),
    path("language/", views.language, name="language"),
    path("check-inbox/", views.check_inbox, name="check_inbox"),
    path("confirm/<token:token>/", views.confirm, name="confirm"),
    path("preferences/<token:token>/", preferences_page.preferences, name="preferences"),
    path("preferences/<token:token>/pause/", preferences_page.pause, name="pause"),
    path("preferences/<token:token>/said/", said_page.said, name="said"),
    path("unsubscribe/<token:token>/", views.unsubscribe, name="unsubscribe"),
]
