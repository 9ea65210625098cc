"""Assembly: settings, URLs, Celery and WSGI.  Imports everything, imported by nothing."""

from __future__ import annotations

from newsletter.config.celery import app as celery_app

__all__ = ["celery_app"]
