"""Where a reader asks for the links of subscriptions.rights, and moves to another address."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from subscriptions import address, links, moving, optin, rights, tokens
from subscriptions.address import mask
from subscriptions.models import AddressChange, Letter, Subscriber
from subscriptions.tasks import ring_letters
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose
from subscriptions.views import SeeOther, client_address, form_page, path_of

RIGHTS = {  # what a reader may ask for, as addresses name it
    "address": Letter.Kind.ADDRESS,
    "export": Letter.Kind.EXPORT,
    "erase": Letter.Kind.ERASE,
}


class NewAddressForm(forms.Form):
    email = forms.CharField(
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Please enter your email address."),
            "max_length": address.MALFORMED,
            "null_characters_not_allowed": address.MALFORMED,
        },
    )

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present = present

    def clean_email(self) -> str:
        sender = parseaddr(settings.MAIL_FROM)[1]
        try:
            email = address.normalise(self.cleaned_data["email"], sender=sender)
        except address.BadAddress as error:
            raise forms.ValidationError(str(error)) from error
        if email == self.present:
            raise forms.ValidationError(_("We write to that address already."))
        return email


@form_page
@token_page(Purpose.PREFERENCES)
def ask(request: HttpRequest, subscriber: Subscriber, right: str) -> HttpResponse:
    """Explain on GET; have the link sent on POST.  The answer is the same whatever became of it."""
    if right not in RIGHTS:
        raise Http404
    if request.method == "POST":
        rights.ask(subscriber, RIGHTS[right], at=now())
        transaction.on_commit(ring_letters)
        return SeeOther(f"{request.path}?sent")
    context = {
        "right": right,
        "masked_email": mask(subscriber.email),
        "minutes": tokens.FRESH_MINUTES,
        "is_sent": "sent" in request.GET,
        "preferences_url": path_of(links.preferences(subscriber)),
    }
    return render(request, "subscriptions/ask_right.html", context)


@form_page
@token_page(Purpose.ADDRESS)
def new(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask where to write to instead; on POST, ask there."""
    if not subscriber.is_deliverable:
        raise BadToken
    data = request.POST if request.method == "POST" else None
    form = NewAddressForm(data, present=subscriber.email)
    if form.is_valid():
        moving.ask(subscriber, form.cleaned_data["email"], at=now())
        transaction.on_commit(ring_letters)
        return SeeOther(f"{request.path}?asked")
    context = {
        "form": form,
        "masked_email": mask(subscriber.email),
        "minutes": tokens.FRESH_MINUTES,
        "is_asked": "asked" in request.GET and not form.is_bound,
    }
    return render(request, "subscriptions/new_address.html", context)


@form_page
@token_page(Purpose.NEW_ADDRESS)
def confirm_new(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show a button to whoever owns the new address; move on POST."""
    change = AddressChange.objects.filter(subscriber=subscriber).first()
    if change is None or not subscriber.is_deliverable:
        raise BadToken
    if request.method == "POST":
        ip = client_address(request) or None
        if not moving.confirm(subscriber, at=now(), ip=ip, page="/address/new/"):
            raise BadToken
        transaction.on_commit(ring_letters)
        return SeeOther(request.path)
    context = {
        "masked_email": mask(change.email),
        "old_masked_email": mask(subscriber.email),
        "is_done": change.done_at is not None,
        "wording": optin.MOVE,
    }
    return render(request, "subscriptions/confirm_address.html", context)
