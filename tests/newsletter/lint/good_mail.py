"""One mail that is as it should be, and ways to make another of it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from newsletter import lint
from newsletter.lint import Finding, Site

# Folded lines of the standard library hide long addresses in encoded words.
UNFOLDED = SMTP.clone(max_line_length=990)
AT = datetime(2026, 3, 17, 7, 0, 3, tzinfo=UTC)
SITE = Site(
    origin="https://news.example.org",
    sender="digest@news.example.org",
    mail_domain="news.example.org",
    postal_address="1 Example Street, Exampletown",
)
LEAVE = f"{SITE.origin}/unsubscribe/{'Ab3_-' * 10}xy/"
CHOOSE = f"{SITE.origin}/preferences/{'Cd4_-' * 10}xy/"
SUBJECT = "2 papers on diffusion models, 17 Mar"
PREHEADER = "Also: why small models forget, and what can be done about it"
PAPERS = {
    "How diffusion models learn to count": "https://arxiv.org/abs/2603.00001",
    "Small models forget, when $x < y$": "https://arxiv.org/abs/2603.00002",
}
HEADERS = {
    "From": "Trending Papers <digest@news.example.org>",
    "To": "reader@example.net",
    "Reply-To": "editors@example.org",
    "Subject": SUBJECT,
    "Date": "Tue, 17 Mar 2026 07:00:03 +0000",
    "Message-ID": "<d7f0c9e2-0000-4000-8000-0123456789ab@news.example.org>",
    "List-Id": "Trending Papers <digest.news.example.org>",
    "List-Unsubscribe": f"<{LEAVE}>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Feedback-ID": "20260317:daily:digest:papersltr",
    "Auto-Submitted": "auto-generated",
    "Precedence": "bulk",
}
TEXT = "\n".join(
    [
        SUBJECT,
        *(f"\n{title}\nAbstract: {url}" for title, url in PAPERS.items()),
        "\nYou get this mail because you follow topics at Trending Papers.",
        f"Change your topics:\n{CHOOSE}\nUnsubscribe:\n{LEAVE}\n{SITE.postal_address}\n",
    ]
)
ITEM = (
    '<h2 style="font-size:21px"><a class="ink" href="{url}" style="color:#1a1c22">{title}</a></h2>'
)
HTML = f"""<!doctype html><html lang="en" dir="ltr"><head><title>{SUBJECT}</title>
<meta name="color-scheme" content="light dark">
<style>@media (prefers-color-scheme: dark) {{
.paper {{ background: #14161b !important }} .paper p, .ink {{ color: #eceff3 !important }}
.paper .accent {{ color: #aebcff !important }} }}</style></head>
<body style="margin:0"><div style="display:none">{PREHEADER}{" &#847;&#8199;" * 30}</div>
<div class="paper" style="background-color:#ffffff;max-width:600px">
<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->
<table role="presentation" width="100%"><tr><td><p style="color:#1a1c22">Two papers</p>
{"".join(ITEM.format(url=url, title=title.replace("<", "&lt;")) for title, url in PAPERS.items())}
<p style="color:#5a6070">You get this mail because you follow topics at Trending Papers.<br>
<a class="accent" href="{CHOOSE}" style="color:#2a3fcf">Change your topics</a>
<a class="accent" href="{LEAVE}" style="color:#2a3fcf">Unsubscribe</a>
<br>{SITE.postal_address}</p></td></tr></table></div></body></html>
"""


def mail(*, text: str = TEXT, html: str = HTML, **headers: str | None) -> bytes:
    """The good mail with other parts or header fields; None leaves a field out."""
    message = EmailMessage(policy=UNFOLDED)
    changed = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    for name, value in HEADERS.items():
        kept = changed.pop(name.lower(), value)
        if kept is not None:
            message[name] = kept
    for name, value in changed.items():
        message[name] = value
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def found(raw: bytes, *, site: Site = SITE, quoted: str = "") -> list[Finding]:
    return lint.check(raw, site=site, at=AT, quoted=quoted)


def numbers(raw: bytes, **options) -> set[tuple[int, bool]]:
    """(number, is hard) of what is wrong with a mail."""
    return {(finding.number, finding.is_hard) for finding in found(raw, **options)}
