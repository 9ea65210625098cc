"""Staff show a second factor, and whoever guesses is locked out."""

from __future__ import annotations

import re
import time

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsletter import tasks

PAGE = "/admin/second-factor/"
PASSWORD = "a long and unusual password"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_for(settings):
    settings.STAFF_SECOND_FACTOR = True


@pytest.fixture
def grace(db):
    return User.objects.create_superuser("grace", "grace@example.org", PASSWORD)


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06}"


def sign_in(client, password=PASSWORD, name="grace", **extra):
    return client.post("/admin/login/", {"username": name, "password": password}, **extra)


def set_up(client, user) -> TOTPDevice:
    """Sign in for the first time, and read the secret from the page as a phone would."""
    sign_in(client)
    shown = client.get(PAGE).content.decode()
    device = TOTPDevice.objects.get(user=user, confirmed=False)
    assert re.search(r"<code>([A-Z2-7 ]+)</code>", shown)
    client.post(PAGE, {"code": code_of(device)})
    device.refresh_from_db()
    return device


def test_a_password_alone_opens_no_page(client, grace):
    sign_in(client)
    response = client.get("/admin/papers/paper/")
    assert response.status_code == 302
    response = client.get(response["Location"])
    assert response["Location"].startswith(PAGE)
    assert client.get("/admin/").status_code == 302


def test_the_first_sign_in_shows_a_key_that_then_counts(client, grace):
    assert set_up(client, grace).confirmed
    assert client.get("/admin/").status_code == 200
    assert "qr-code" not in client.get(PAGE, follow=True).content.decode()  # never shown again


def test_a_key_that_nobody_used_yet_is_no_second_factor(client, grace):
    sign_in(client)
    client.get(PAGE)
    client.post(PAGE, {"code": "000000"})
    assert TOTPDevice.objects.get(user=grace).confirmed is False
    assert client.get("/admin/").status_code == 302


def test_later_the_code_leads_to_where_one_wanted_to_go(client, grace):
    device = set_up(client, grace)
    client.logout()
    sign_in(client)
    wrong = client.post(PAGE, {"code": "12345"})
    assert "Six digits, please." in wrong.content.decode()
    with time_machine.travel(time.time() + 60):
        response = client.post(f"{PAGE}?next=/admin/papers/topic/", {"code": code_of(device)})
    assert response["Location"] == "/admin/papers/topic/"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_the_way_on_stays_here(client, grace, wanted):
    device = set_up(client, grace)
    client.logout()
    sign_in(client)
    with time_machine.travel(time.time() + 60):
        response = client.post(
            reverse("admin:second_factor", query={"next": wanted}), {"code": code_of(device)}
        )
    assert response["Location"] == "/admin/"


def test_a_code_counts_once(client, grace):
    device = set_up(client, grace)
    client.logout()
    sign_in(client)
    assert client.post(PAGE, {"code": code_of(device)}).status_code == 200  # the one of before
    assert client.get("/admin/").status_code == 302


def test_who_guesses_codes_must_wait_even_with_the_right_one(client, grace):
    device = set_up(client, grace)
    client.logout()
    sign_in(client)
    with time_machine.travel(time.time() + 60, tick=False):
        client.post(PAGE, {"code": "000000"})
        client.post(PAGE, {"code": "000001"})
        assert client.post(PAGE, {"code": code_of(device)}).status_code == 200
    with time_machine.travel(time.time() + 120, tick=False):
        assert client.post(PAGE, {"code": code_of(device)}).status_code == 302


def test_a_device_of_another_person_opens_nothing(client, grace):
    other = User.objects.create_superuser("eve", "eve@example.org", PASSWORD)
    foreign = TOTPDevice.objects.create(user=other, name="authenticator")
    set_up(client, grace)
    client.logout()
    sign_in(client)
    with time_machine.travel(time.time() + 60):
        assert client.post(PAGE, {"code": code_of(foreign)}).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_who_is_not_signed_in_or_no_staff_is_sent_to_the_door(client, grace):
    assert client.get(PAGE)["Location"] == "/admin/login/"
    User.objects.create_user("reader", "reader@example.org", PASSWORD)
    sign_in(client, name="reader")
    assert client.get(PAGE)["Location"] == "/admin/login/"


def test_a_lost_phone_is_forgotten_by_command(client, grace, capsys):
    set_up(client, grace)
    call_command("forget_second_factor", "grace")
    assert capsys.readouterr().out == "1 devices of grace are forgotten\n"
    assert client.get("/admin/").status_code == 302  # also in sessions that are open
    with pytest.raises(CommandError, match="nobody called eve"):
        call_command("forget_second_factor", "eve")


def test_without_the_setting_a_password_is_enough(client, grace, settings):
    settings.STAFF_SECOND_FACTOR = False
    sign_in(client)
    assert client.get("/admin/").status_code == 200
    assert client.get(PAGE)["Location"] == "/admin/"


def test_five_wrong_passwords_lock_this_name_from_this_address(client, grace, settings):
    settings.STAFF_SECOND_FACTOR = False
    answers = [sign_in(client, "wrong").status_code for _ in range(6)]
    assert answers[:4] == [200] * 4
    assert answers[4:] == [429] * 2
    assert sign_in(client).status_code == 429  # even with the right one
    assert sign_in(client, REMOTE_ADDR="192.0.2.9").status_code == 302
    client.logout()
    with time_machine.travel(time.time() + 16 * 60):
        assert sign_in(client).status_code == 302


def test_a_forged_header_is_no_other_address(client, grace, settings):
    settings.STAFF_SECOND_FACTOR = False
    for number in range(5):
        sign_in(client, "wrong", headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert sign_in(client).status_code == 429


def test_nobody_learns_who_works_here(client, grace):
    known = sign_in(client, "wrong").content
    unknown = sign_in(client, "wrong", name="nobody").content
    pattern = rb'name="csrfmiddlewaretoken" value="[^"]*"|value="(grace|nobody)"'
    assert re.sub(pattern, b"", known) == re.sub(pattern, b"", unknown)


def test_who_signed_in_is_forgotten_after_thirty_days(client, grace, settings):
    settings.STAFF_SECOND_FACTOR = False
    with time_machine.travel(time.time() - 31 * 86_400):
        sign_in(client, "wrong")
        sign_in(client)
    sign_in(client, "wrong")
    tasks.forget()
    assert (AccessLog.objects.count(), AccessAttempt.objects.count()) == (0, 1)
