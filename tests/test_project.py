"""Promises about the repository itself."""

from __future__ import annotations

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run")


def test_system_checks_pass():
    call_command("check", "--fail-level", "WARNING")
