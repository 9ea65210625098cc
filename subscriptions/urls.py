"""Pages of the subscriptions app."""

from __future__ import annotations

from django.urls import path

from subscriptions import views

app_name = "subscriptions"
urlpatterns = [
    path("", views.join, name="join"),
    path("language/", views.language, name="language"),
    path("check-inbox/", views.check_inbox, name="check_inbox"),
    path("confirm/<token:token>/", views.confirm, name="confirm"),
    path("preferences/<token:token>/", views.preferences, name="preferences"),
    path("unsubscribe/<token:token>/", views.unsubscribe, name="unsubscribe"),
]
