"""The second factor of staff: six digits of an authenticator program (TOTP, RFC 6238)."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice

NAME = "authenticator"  # of the one device that somebody has
WRONG = "That is not the code of this moment. Is the clock of your phone right?"


class CodeForm(forms.Form):
    code = forms.RegexField(
        r"^\d{3} ?\d{3}$",
        label="Six digits from your authenticator program",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "size": 8,
            }
        ),
        error_messages={"invalid": "Six digits, please.", "required": "Six digits, please."},
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "")


def is_shown(request: HttpRequest) -> bool:
    """Whether this session showed it, or nobody asks."""
    return not settings.STAFF_SECOND_FACTOR or bool(request.user.is_verified())  # type: ignore[union-attr]


def is_awaited(request: HttpRequest) -> bool:
    """Whether it is a member of staff who gave his password and nothing else yet."""
    user = request.user
    return bool(user.is_active and getattr(user, "is_staff", False)) and not is_shown(request)


def page(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    """The page that asks for the code; who has no device yet is shown how to get one."""

    @never_cache
    @sensitive_post_parameters("code")
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        if not is_awaited(request):
            return redirect(_way_on(request) if is_shown(request) else reverse("admin:login"))
        form = CodeForm(request.POST or None)
        new = _new_device(request.user) if not _has_device(request.user) else None
        if form.is_valid():
            if device := _match(request, new, form.cleaned_data["code"]):
                request.session.cycle_key()
                django_otp.login(request, device)
                return redirect(_way_on(request))
            form.add_error("code", WRONG)
        context = {
            **site.each_context(request),
            "title": "Second factor",
            "form": form,
            "secret": _in_groups(new) if new else "",
            "picture": _picture(new) if new else "",
        }
        return render(request, "admin/staff/second_factor.html", context)

    return view


def forget(user: AbstractBaseUser) -> int:
    """Let somebody whose phone is lost set it up anew; return how many devices were forgotten."""
    return int(TOTPDevice.objects.filter(user=user).delete()[0])


def _has_device(user: object) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def _new_device(user: object) -> TOTPDevice:
    """A secret that counts from its first code on; the same until then, however often shown."""
    device: TOTPDevice = TOTPDevice.objects.get_or_create(user=user, name=NAME, confirmed=False)[0]
    return device


def _match(request: HttpRequest, new: TOTPDevice | None, code: str) -> TOTPDevice | None:
    """The device that the code is of; each wrong one makes the next wait longer."""
    if new is None:
        known: TOTPDevice | None = django_otp.match_token(request.user, code)
        return known
    if not (new.verify_is_allowed()[0] and new.verify_token(code)):
        return None
    new.confirmed = True
    new.save(update_fields=["confirmed"])
    return new


def _way_on(request: HttpRequest) -> str:
    """Where he wanted to go, if that is here."""
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("admin:index")


def _in_groups(device: TOTPDevice) -> str:
    """The secret as people type it."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _picture(device: TOTPDevice) -> SafeString:
    """The same as a QR code: black on white, also in the dark."""
    code = segno.make(device.config_url, error="m", micro=False)
    drawn = code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return mark_safe(drawn)  # noqa: S308  # made by segno, of numbers and colours
