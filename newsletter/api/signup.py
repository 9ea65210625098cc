"""Sign-ups from other servers of the operator's, by the same way in as those from the page.

The page's stamp shows that somebody opened a form.  Here that is for whoever holds a key, so
without keys there is no such address.  The owner of the mailbox is asked all the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.security import HttpBearer

from newsletter.api import shapes
from newsletter.api.errors import refusal
from subscriptions.entrance import Call, Outcome, enter
from subscriptions.forms import JoinForm

router = Router(tags=["subscriptions"])
PAGE = "/api/v1/"  # as consents record it
FILLED_IN = timedelta(seconds=30)  # ago a form of the page would have been opened
SHAPES = {
    202: shapes.Taken,
    **dict.fromkeys((400, 401, 404, 422, 429), shapes.Error),
}


class Key(HttpBearer):
    """One of the operator's keys."""

    def __call__(self, request: HttpRequest) -> Any:
        if not settings.API_SIGNUP_KEYS:
            raise Http404
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, token: str) -> bool:
        keys = settings.API_SIGNUP_KEYS
        return any(constant_time_compare(token, key) for key in keys)


@router.post(
    "/subscriptions",
    auth=Key(),
    response=SHAPES,
    summary="Ask for the digest in somebody's name",
    url_name="subscriptions",
    operation_id="subscribe",
)
def subscribe(
    request: HttpRequest, wish: shapes.Subscription
) -> Status[shapes.Taken] | HttpResponse:
    """Have a letter sent that asks the owner of the address to confirm.

    The answer is the same for every address. 404 if this site has no keys for it, 429 if one
    of the limits that hold for the page is reached.
    """
    at = now()
    form = JoinForm(_data(wish, stamp=JoinForm(at=at - FILLED_IN)["stamp"].value()), at=at)
    if not form.is_valid():
        return refusal(422, fields=_complaints(form))
    if enter(form, call=Call.of(request, page=PAGE), at=at) is not Outcome.TAKEN:
        return refusal(429)
    said = _("Please have the owner of the address look at the inbox.")
    return Status(202, shapes.Taken(message=said))


def _data(wish: shapes.Subscription, *, stamp: str) -> dict[str, Any]:
    """The wish as the form of the page is filled in."""
    return {
        "email": wish.email,
        "topics": wish.topics,
        "keywords": "\n".join(wish.keywords),
        "cadence": wish.cadence,
        "weekday": str(wish.weekday),
        "hour": str(wish.hour),
        "time_zone": wish.time_zone,
        "stamp": stamp,
    }


def _complaints(form: JoinForm) -> dict[str, list[str]]:
    return {
        name if name in shapes.Subscription.model_fields else "": [str(each) for each in said]
        for name, said in form.errors.items()
    }
