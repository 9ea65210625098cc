"""The Celery app and its timetable.  Beat says when to look; the database says what is due."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

from newsletter.config.acknowledgements import Acknowledgements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.config.settings")

# Somebody waits for the mail that he was promised, even if the doorbell was not heard.
LETTERS_SECONDS = 4.0

app = Celery("newsletter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Acknowledgements)


@worker_process_init.connect
def spare_the_collector(**kwargs: object) -> None:
    """What was imported stays, so the garbage collector need not look at it: it took a sixth."""
    gc.collect()
    gc.freeze()


@app.on_after_configure.connect
def set_timetable(sender: Celery, **kwargs: object) -> None:
    """Every entry only looks for work, so running it twice or late does no harm."""
    from django.conf import settings  # noqa: PLC0415  # settings import this module

    seconds = {
        "newsletter.tick": settings.TICK_SECONDS,
        "newsletter.sweep": settings.SWEEP_SECONDS,
        "newsletter.read_inbox": settings.SWEEP_SECONDS,
        "newsletter.count": settings.TICK_SECONDS,
        "newsletter.forget": 6 * 3600.0,
        "subscriptions.post_letters": min(settings.SWEEP_SECONDS, LETTERS_SECONDS),
        "subscriptions.watch_sign_ups": 60.0,
        "papers.poll": settings.TICK_SECONDS,
        "papers.reconcile": 900.0,
        "papers.complete": 900.0,
        "papers.check_withdrawals": 900.0,
        "papers.learn_growth": 6 * 3600.0,
        "subscriptions.count_votes": 60 * settings.POLL_MINUTES,
        "papers.train_topics": 6 * 3600.0,
        "subscriptions.take_census": 3600.0,
        "subscriptions.purge": 6 * 3600.0,
        "subscriptions.renew_tastes": 3600.0,
    }
    sender.conf.beat_schedule = {
        # A look that nobody took in time is replaced by the next one, never piled up.
        task: {"task": task, "schedule": every, "options": {"expires": every}}
        for task, every in seconds.items()
    }
