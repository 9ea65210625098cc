from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

FIT = {
    "SECRET_KEY": "k" * 50,
    "SITE_URL": "https://news.example.org",
    "MAIL_FROM": "Papers <digest@news.example.org>",
    "DATABASE_URL": "sqlite://:memory:",
}


def check(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check` with these variables and no others."""
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_fit_settings_start():
    assert check(**FIT).returncode == 0


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SITE_URL": "http://news.example.org"}, "SITE_URL"),
        ({"UNCERTAIN": "perhaps"}, "UNCERTAIN"),
        ({"LEASE_SECONDS": "30"}, "LEASE_SECONDS"),
    ],
)
def test_nothing_starts_with_unfit_settings(change, name):
    done = check(**{**FIT, **change})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name}" in done.stderr


def test_nothing_but_debug_is_needed_to_develop():
    assert check(DEBUG="1").returncode == 0


def test_settings_pass_the_deployment_checks(settings):
    settings.POSTAL_ADDRESS = "1 Example Street, Exampletown"
    call_command("check", "--deploy", "--fail-level", "WARNING")


def test_a_mail_call_ends_before_its_lease():
    assert settings.EMAIL_TIMEOUT < settings.LEASE_SECONDS


def test_a_task_ends_before_redis_hands_it_out_again():
    visible_after = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert visible_after > settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT
