from __future__ import annotations

import pytest
from django.core.checks import run_checks

from newsletter.checks import is_public_provider, webhook_password


def found(**options) -> list[str]:
    return [message.id for message in run_checks(tags=["mail"], **options)]


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "GMail.com.", "yahoo.com", "yahoo.co.uk", "hotmail.fr", "outlook.com.br"],
)
def test_a_provider_where_anybody_has_an_address_is_public(domain):
    assert is_public_provider(domain)


@pytest.mark.parametrize(
    "domain",
    ["news.example.org", "notgmail.com", "live.example.org", "mail.gmail.com.example", ""],
)
def test_a_domain_of_ones_own_is_not_public(domain):
    assert not is_public_provider(domain)


def test_sending_as_a_public_provider_is_warned_of(settings):
    settings.MAIL_FROM = "Trending Papers <papers.daily@gmail.com>"
    assert found() == ["newsletter.W001"]


def test_sending_from_ones_own_domain_is_fine(settings):
    settings.MAIL_FROM = "Trending Papers <digest@news.example.org>"
    assert found() == []


@pytest.mark.parametrize("address", ["", "  "])
def test_a_missing_postal_address_is_warned_of_when_deploying(settings, address):
    settings.POSTAL_ADDRESS = address
    assert found() == []
    assert found(include_deployment_checks=True) == ["newsletter.W002"]


def test_debug_mode_needs_no_postal_address(settings):
    settings.DEBUG = True
    assert found(include_deployment_checks=True) == []


def test_a_postal_address_is_enough(settings):
    settings.POSTAL_ADDRESS = "1 Example Street, Exampletown"
    assert found(include_deployment_checks=True) == []


def test_services_that_may_post_need_a_password(settings):
    settings.WEBHOOK_SERVICES, settings.ANYMAIL = ["postmark"], {}
    assert [message.id for message in webhook_password()] == ["newsletter.W005"]
    settings.ANYMAIL = {"WEBHOOK_SECRET": "hook:a-secret"}
    assert webhook_password() == []


def test_without_services_that_may_post_no_password_is_needed(settings):
    settings.WEBHOOK_SERVICES, settings.ANYMAIL = [], {}
    assert webhook_password() == []


@pytest.mark.parametrize(
    ("mailbox", "is_fit"),
    [
        ("", True),
        ("unsub@news.example.org", True),
        ("n" * 15 + "@news.example.org", True),
        ("n" * 16 + "@news.example.org", False),
        ("news.example.org", False),
        ("@news.example.org", False),
    ],
)
def test_a_token_must_fit_into_the_mailbox_for_leaving(settings, mailbox, is_fit):
    settings.UNSUBSCRIBE_MAILBOX = mailbox
    assert found() == ([] if is_fit else ["newsletter.W006"])
