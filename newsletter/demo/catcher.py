"""An SMTP server that delivers to nobody, and a page on which to read what it caught."""

from __future__ import annotations

import argparse
import html
import signal
import threading
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PAGE = Template((Path(__file__).parent / "mailbox.html").read_text(encoding="utf-8"))


class Mailbox:
    """A folder of caught mails, one .eml file each, numbered in order of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = count(len(self.names()) + 1)

    def names(self) -> list[str]:
        """File names, newest first."""
        return sorted((path.name for path in self.folder.glob("*.eml")), reverse=True)

    def keep(self, content: bytes, *, recipient: str) -> None:
        """Store one mail; a reader of the folder never sees half of it."""
        safe = "".join(c if c.isalnum() or c in "@.-_" else "_" for c in recipient)
        path = self.folder / f"{next(self._numbers):05}-{safe}.eml"
        path.with_suffix(".part").write_bytes(content)
        path.with_suffix(".part").rename(path)

    def open(self, name: str) -> EmailMessage | None:
        """Return a mail; None if there is none of that name."""
        if name not in self.names():
            return None
        content = (self.folder / name).read_bytes()
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(content)


class Catch:
    """What aiosmtpd calls for every message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        for recipient in envelope.rcpt_tos:
            self.mailbox.keep(bytes(envelope.original_content or b""), recipient=recipient)
        return "250 caught"


def render_list(mailbox: Mailbox) -> str:
    """The mailbox page."""
    mails = ((name, mailbox.open(name)) for name in mailbox.names()[:200])
    rows = "".join(_row(name, mail) for name, mail in mails if mail is not None)
    body = f"<ol>{rows}</ol>" if rows else "<p>No mail yet. Sign up, and watch this page.</p>"
    return PAGE.substitute(
        title="Mailbox",
        refresh='<meta http-equiv="refresh" content="2">',
        body=f"<h1>Mailbox</h1>{body}",
    )


def render_mail(name: str, mail: EmailMessage) -> str:
    """The page of one mail: its headers, the HTML part in a sandbox, and the text part."""
    headers = "".join(
        f"<dt>{html.escape(key)}</dt><dd>{html.escape(str(value))}</dd>"
        for key, value in mail.items()
    )
    link = html.escape(name)
    frame = (
        f'<iframe title="The mail as HTML" src="/part/html/{link}"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )
    body = (
        f'<p><a href="/">← Mailbox</a></p><h1>{html.escape(str(mail["Subject"]))}</h1>'
        f"{frame}<details><summary>Text part</summary>"
        f"<pre>{html.escape(part_of(mail, 'plain'))}</pre></details>"
        f"<details><summary>Headers</summary><dl>{headers}</dl></details>"
    )
    return PAGE.substitute(title=html.escape(str(mail["Subject"])), refresh="", body=body)


def part_of(mail: EmailMessage, kind: str) -> str:
    """The text of the part "plain" or "html"; empty if there is none."""
    part = mail.get_body(preferencelist=(kind,))
    return part.get_content() if part is not None else ""


def _row(name: str, mail: EmailMessage) -> str:
    return (
        f'<li><a href="/mail/{html.escape(name)}">{html.escape(str(mail["Subject"]))}</a>'
        f"<small>to {html.escape(str(mail['To']))} · {html.escape(str(mail['Date']))}</small></li>"
    )


def handler(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    """Make the class that answers HTTP requests about `mailbox`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            page = self._page(unquote(self.path))
            status = HTTPStatus.OK if page is not None else HTTPStatus.NOT_FOUND
            content = (page if page is not None else "There is no such mail.").encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _page(self, path: str) -> str | None:
            name = path.rpartition("/")[2]
            mail = mailbox.open(name)
            if path == "/":
                return render_list(mailbox)
            if mail is None:
                return None
            if path == f"/part/html/{name}":
                return '<base target="_blank">' + part_of(mail, "html")
            return render_mail(name, mail)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: every look at the page would be a line."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    mailbox = Mailbox(options.folder)
    smtp = Controller(Catch(mailbox), hostname="127.0.0.1", port=options.smtp)
    smtp.start()
    pages = ThreadingHTTPServer(("127.0.0.1", options.http), handler(mailbox))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=pages.shutdown).start())
    pages.serve_forever()
    smtp.stop()


if __name__ == "__main__":
    main()
