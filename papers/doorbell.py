"""Wake a worker up, without ever making the caller wait or fail.

A doorbell carries no work: if it is lost, the next sweep finds the rows.  A frozen Redis
costs the caller about `PATIENCE`, because beat and the sweep will look again anyway.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import Task, current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

PATIENCE = 0.3  # seconds for each answer; a frozen server does not give the first


def ring(task: Task[..., Any], *arguments: str, expires: float) -> bool:
    """Publish `task`, good for `expires` seconds; False if the broker did not take it in time."""
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "max_retries": 0,  # kombu's own default tries for 6 s
    }
    try:
        with current_app.connection_for_write(transport_options=options) as connection:
            producer = current_app.amqp.Producer(connection, auto_declare=False)
            task.apply_async(arguments, producer=producer, retry=False, expires=expires)
    except OperationalError as error:
        logger.warning("the doorbell of %s was not heard: %s", task.name, error)
        return False
    return True
