"""Pages of the subscriptions app."""

from __future__ import annotations

from django.urls import path

from subscriptions import views

app_name = "subscriptions"
urlpatterns = [
    path("check-inbox/", views.check_inbox, name="check_inbox"),
    path("confirm/<token:token>/", views.confirm, name="confirm"),
    path("not-me/<token:token>/", views.disown, name="disown"),
    path("preferences/<token:token>/", views.preferences, name="preferences"),
    path("unsubscribe/<token:token>/", views.unsubscribe, name="unsubscribe"),
]
