from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

from newsletter.demo.catcher import Catch, Mailbox, part_of, render_list, render_mail
from newsletter.demo.processes import free_port


@pytest.fixture
def mailbox(tmp_path):
    return Mailbox(tmp_path / "mail")


def mail(subject="Hello", html="<p>Hi</p>"):
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = subject, "a@example.net", "b@example.net"
    message.set_content("Hi")
    message.add_alternative(html, subtype="html")
    return message


def test_a_mail_that_comes_by_smtp_is_kept_to_the_byte(mailbox):
    controller = Controller(Catch(mailbox), hostname="127.0.0.1", port=free_port())
    controller.start()
    with smtplib.SMTP("127.0.0.1", controller.port) as client:
        client.send_message(mail())
    controller.stop()
    [name] = mailbox.names()
    assert name == "00001-a@example.net.eml"
    assert part_of(mailbox.open(name), "html").strip() == "<p>Hi</p>"


def test_mails_are_numbered_on_after_a_restart(mailbox):
    mailbox.keep(b"Subject: 1\r\n\r\n", recipient="a@example.net")
    again = Mailbox(mailbox.folder)
    again.keep(b"Subject: 2\r\n\r\n", recipient="a@example.net")
    assert again.names() == ["00002-a@example.net.eml", "00001-a@example.net.eml"]


@pytest.mark.parametrize("name", ["../secret", "00002-x.eml", ""])
def test_only_caught_mails_can_be_opened(mailbox, name):
    (mailbox.folder.parent / "secret").write_text("no")
    assert mailbox.open(name) is None


def test_a_strange_recipient_cannot_leave_the_folder(mailbox):
    mailbox.keep(b"Subject: x\r\n\r\n", recipient="../../etc/passwd@x")
    assert mailbox.names() == ["00001-.._.._etc_passwd@x.eml"]


def test_pages_show_a_subject_as_text(mailbox):
    mailbox.keep(mail("<script>1</script>").as_bytes(), recipient="a@example.net")
    [name] = mailbox.names()
    for page in (render_list(mailbox), render_mail(name, mailbox.open(name))):
        assert "&lt;script&gt;" in page
        assert "<script>" not in page


def test_an_empty_mailbox_says_what_to_do(mailbox):
    assert "Sign up" in render_list(mailbox)
