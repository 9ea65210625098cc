"""A worker that could not acknowledge a message takes up no more of them, unless it is told.

Celery logs "Couldn't ack" and goes on.  kombu counts the message as being worked on for ever,
and it hands a worker only so many at once: a Redis that was frozen while its children ended
their tasks leaves a worker that waits for nothing.  A new connection begins to count anew.
What was not acknowledged is delivered again, which a doorbell may be.
"""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.worker import state

LOOK_SECONDS = 5.0


class AcknowledgementLost(ConnectionError):
    """What Celery takes for a lost connection, and answers with a new one."""


class Acknowledgements(bootsteps.StartStopStep):
    """Look now and then whether there are messages that no task of this worker has."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.look_again: Any = None

    def include_if(self, consumer: Any) -> bool:
        """Only the event loop passes on what a timer raises; the solo pool has none."""
        return consumer.hub is not None

    def start(self, consumer: Any) -> None:
        self.look_again = consumer.timer.call_repeatedly(LOOK_SECONDS, look, (consumer,))

    def stop(self, consumer: Any) -> None:
        if self.look_again is not None:
            self.look_again.cancel()
            self.look_again = None


def look(consumer: Any) -> None:
    """Raise `AcknowledgementLost` if more messages are open than this worker has tasks.

    A task is known from the moment when its message came until it was acknowledged, and the
    loop that runs this does nothing meanwhile: the two numbers are equal in good health.
    """
    has, knows = open_messages(consumer.task_consumer.channel.qos), len(state.reserved_requests)
    if has > knows:
        raise AcknowledgementLost(f"{has} messages are open, but only {knows} tasks")


def open_messages(qos: Any) -> int:
    """Return how many messages were taken and not acknowledged, as kombu counts them.

    kombu refuses to take more by these two numbers, and tells them nowhere else.
    """
    return len(qos._delivered) - len(qos._dirty)  # noqa: SLF001
