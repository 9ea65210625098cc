from __future__ import annotations

import logging

import newsletter.feeds.urls
import newsletter.urls
import subscriptions.urls
from newsletter.config.logs import HideTokens


def record(message, *args):
    return logging.LogRecord("django", logging.WARNING, "", 0, message, args, None)


def test_a_token_in_an_address_is_hidden():
    line = record("Forbidden: %s", "/today/abc.0~1xV~sig_-x/")
    assert HideTokens().filter(line)
    assert line.getMessage() == "Forbidden: /today/[token]/"


def test_every_page_with_a_token_is_known():
    apps = (newsletter.urls, newsletter.feeds.urls, subscriptions.urls)
    for page in [page for app in apps for page in app.urlpatterns]:
        if "<token:" in str(page.pattern):
            line = record("GET %s", "/" + str(page.pattern).replace("<token:token>", "SECRET"))
            HideTokens().filter(line)
            assert "SECRET" not in line.getMessage()


def test_other_lines_stay_as_they_are():
    line = record("%s of %s", 3, "/admin/papers/")
    HideTokens().filter(line)
    assert line.getMessage() == "3 of /admin/papers/"
