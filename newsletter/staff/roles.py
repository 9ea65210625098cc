"""The four groups that every installation has, and what each may do.

They are written anew by every `migrate`, so that what an upgrade brings is in them. Whoever
wants it otherwise makes a group of his own: those are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission

LOOK = ("view",)
EDIT = ("view", "add", "change")
ALL = ("view", "add", "change", "delete")

Rights = Mapping[str, tuple[str, ...]]  # "app.model", or "app.*" -> what may be done

# Nothing here names a reader.
VIEWER: Rights = {
    "papers.*": LOOK,
    **dict.fromkeys(
        (
            *("newsletter.issue", "newsletter.tally", "newsletter.rehearsal"),
            *("newsletter.plan", "newsletter.placement"),
        ),
        LOOK,
    ),
}
EDITOR: Rights = {
    **VIEWER,
    **dict.fromkeys(("papers.paper", "papers.topic", "papers.assignment"), EDIT),
    **dict.fromkeys(("papers.ingestion", "papers.upload", "papers.correction"), ("view", "add")),
    "newsletter.plan": EDIT,
    "newsletter.placement": ALL,
}
# From here on readers are seen by name.
SENDER: Rights = {
    **EDITOR,
    "newsletter.*": LOOK,
    "newsletter.delivery": ("view", "change"),
    "newsletter.issue": ("view", "change"),
    "newsletter.webhook": ("view", "change"),
    "papers.host": ("view", "change"),
    "subscriptions.*": LOOK,
    "subscriptions.subscriber": ("view", "change"),
    "subscriptions.interest": ALL,
}
OWNER: Rights = {
    "papers.*": ALL,
    "newsletter.*": ALL,
    "subscriptions.*": ALL,
    "auth.user": ALL,
    "auth.group": ALL,
    "otp_totp.totpdevice": ("view", "delete"),
    "axes.accessattempt": ("view", "delete"),
    "axes.accesslog": LOOK,
    "admin.logentry": LOOK,
}
ROLES: Mapping[str, Rights] = {
    "Viewer": VIEWER,
    "Editor": EDITOR,
    "Sender": SENDER,
    "Owner": OWNER,
}


def install(**kwargs: Any) -> None:
    """Write the four groups; called after every `migrate`, when all permissions exist."""
    known = {
        (row.content_type.app_label, row.content_type.model, row.codename): row
        for row in Permission.objects.select_related("content_type")
    }
    Group.objects.bulk_create([Group(name=name) for name in ROLES], ignore_conflicts=True)
    groups = {group.name: group for group in Group.objects.filter(name__in=ROLES)}
    for name, rights in ROLES.items():
        groups[name].permissions.set(
            [row for key, row in known.items() if _is_granted(rights, *key)]
        )


def _is_granted(rights: Rights, app: str, model: str, codename: str) -> bool:
    """The line about the model counts, else the one about its app."""
    verbs = rights.get(f"{app}.{model}", rights.get(f"{app}.*", ()))
    return codename in _codenames(verbs, model)


def _codenames(verbs: tuple[str, ...], model: str) -> Iterator[str]:
    for verb in verbs:
        yield f"{verb}_{model}"
