"""Pages of the subscriptions app."""

from __future__ import annotations

from django.urls import path

from subscriptions import goodbye_page, preferences_page, rights_page, said_page, views

app_name = "subscriptions"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("check-inbox/", views.check_inbox, name="check_inbox"),
    path("confirm/<token:token>/", views.confirm, name="confirm"),
    path("not-me/<token:token>/", views.disown, name="disown"),
    path("preferences/<token:token>/", preferences_page.preferences, name="preferences"),
    path("preferences/<token:token>/pause/", preferences_page.pause, name="pause"),
    path("preferences/<token:token>/said/", said_page.said, name="said"),
    path("unsubscribe/<token:token>/", goodbye_page.unsubscribe, name="unsubscribe"),
    path("unsubscribe/<token:token>/<slug:choice>/", goodbye_page.choose, name="choose"),
    path("return/<token:token>/", goodbye_page.come_back, name="come_back"),
    path("return/<token:token>/reason/", goodbye_page.reason, name="reason"),
    path("preferences/<token:token>/ask/<slug:right>/", rights_page.ask, name="ask_right"),
    path("address/new/<token:token>/", rights_page.confirm_new, name="new_address"),
    path("address/<token:token>/", rights_page.new, name="address"),
]
