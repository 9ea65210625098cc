"""Checks of the header: who writes to whom, and how bulk mail names itself.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from newsletter.lint.reading import Mail
from newsletter.lint.terms import Site, hard, soft

SUBJECT_LIMIT = 150  # characters
LINE_LIMIT = 998  # octets without the line end, RFC 5322 2.1.1
WORD_LIMIT = 75  # characters of an encoded word, RFC 2047 2
LIST_ID = re.compile(r"(?P<phrase>[^<>]*)<(?P<id>[a-z0-9-]+(?:\.[a-z0-9-]+)+)>", re.IGNORECASE)
SENDER_ID = re.compile(r"[A-Za-z0-9_-]{5,15}")
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
PERSONAL = re.compile(r"@|[0-9a-f]{16,}", re.IGNORECASE)
ANSWER = re.compile(r"(re|fwd?|aw|wg)\s*:", re.IGNORECASE)
LONG_AGO = timedelta(minutes=5)


def one_recipient(mail: Mail, site: Site) -> Iterator[str]:
    if len(mail.all("to")) != 1 or len(found := mail.addresses("to")) != 1 or "@" not in found[0]:
        yield f"To has {len(mail.addresses('to'))}"
    for name in ("cc", "bcc"):
        if mail.all(name):
            yield f"it has a {name.capitalize()}"


def one_aligned_sender(mail: Mail, site: Site) -> Iterator[str]:
    found = mail.addresses("from")
    if len(mail.all("from")) != 1 or len(found) != 1:
        yield f"From has {len(found)}"
    elif found[0].rpartition("@")[2].lower() != site.mail_domain.lower():
        yield f"From is of {found[0].rpartition('@')[2]}, not of {site.mail_domain}"
    elif found[0].lower() != site.sender.lower():
        yield "From is not the address that the site writes from"
    if "sender" in dict(mail.fields):
        yield "it has a Sender besides"


def somebody_to_answer(mail: Mail, site: Site) -> Iterator[str]:
    if len(mail.addresses("reply-to")) != 1:
        yield "Reply-To has none, or many"


def one_line_subject(mail: Mail, site: Site) -> Iterator[str]:
    if len(mail.all("subject")) != 1:
        yield f"there are {len(mail.all('subject'))}"
    bad = {f"U+{ord(c):04X}" for c in mail.decoded("subject") if _is_unprintable(c)}
    if bad:
        yield f"it holds {', '.join(sorted(bad))}"


def _is_unprintable(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def readable_subject(mail: Mail, site: Site) -> Iterator[str]:
    subject = mail.decoded("subject")
    if mail.all("subject") and not 1 <= len(subject.strip()) <= SUBJECT_LIMIT:
        yield f"it is {len(subject)} characters long"
    if subject.isupper() and len(subject) > 10:
        yield "it is all capitals"
    if ANSWER.match(subject):
        yield "it looks like an answer"


def fresh_date(mail: Mail, site: Site) -> Iterator[str]:
    if len(mail.all("date")) != 1:
        yield f"there are {len(mail.all('date'))}"
        return
    try:
        date = parsedate_to_datetime(mail.first("date"))
    except ValueError:
        yield "it is no date"
        return
    if date.tzinfo is None:  # "-0000": UTC, and nothing said of the place (RFC 5322 3.3)
        date = date.replace(tzinfo=UTC)
    if mail.at and abs(mail.at - date) > LONG_AGO:
        yield f"it is {mail.first('date')}"


def own_message_id(mail: Mail, site: Site) -> Iterator[str]:
    found = mail.all("message-id")
    ours = rf"<[\w.!#$%&'*+/=?^`{{|}}~-]{{16,}}@{re.escape(site.mail_domain)}>"
    if len(found) != 1:
        yield f"there are {len(found)}"
    elif not re.fullmatch(ours, found[0].strip(), re.IGNORECASE):
        yield f"its domain is not {site.mail_domain}, or what is before it is too short"


def list_id(mail: Mail, site: Site) -> Iterator[str]:
    found = mail.all("list-id")
    match = LIST_ID.fullmatch(found[0].strip()) if len(found) == 1 else None
    if match is None:
        yield "it is missing, doubled, or not of the form Name <list.domain>"
        return
    if len(found[0]) > 255:
        yield f"it is {len(found[0])} characters long"
    domains = {site.host.lower(), site.mail_domain.lower()}
    if not any(f".{match['id'].lower()}".endswith(f".{domain}") for domain in domains):
        yield f"it is not of {site.host}"


def feedback_id(mail: Mail, site: Site) -> Iterator[str]:
    found = mail.all("feedback-id")
    names = found[0].strip().split(":") if len(found) == 1 else []
    if len(names) != 4:
        yield "it is missing, doubled, or has not four fields"
        return
    if not SENDER_ID.fullmatch(names[3]):
        yield "its last field is not 5 to 15 letters and digits"
    given = [name for name in names if name]
    if len(set(given)) != len(given):
        yield "it says one thing twice"
    if any(PERSONAL.search(name) for name in names):
        yield "it names one reader"


def short_ascii_lines(mail: Mail, site: Site) -> Iterator[str]:
    header, _, _ = mail.raw.partition(b"\r\n\r\n")
    if not header.isascii():
        yield "the header is not all ASCII"
    if not mail.raw.count(b"\r\n") == mail.raw.count(b"\n") == mail.raw.count(b"\r"):
        yield "a line does not end with CR LF"
    if (longest := max(map(len, mail.raw.split(b"\r\n")))) > LINE_LIMIT:
        yield f"a line has {longest} octets"
    if any(len(value) > LINE_LIMIT for _, value in mail.fields):
        yield "a header field is longer when it is unfolded"


def short_encoded_words(mail: Mail, site: Site) -> Iterator[str]:
    header = mail.raw.partition(b"\r\n\r\n")[0]
    if any(len(word) > WORD_LIMIT for word in ENCODED_WORD.findall(header)):
        yield f"one is longer than {WORD_LIMIT} characters"


CHECKS = (
    hard(1, "there is one recipient", one_recipient),
    hard(2, "there is one sender, of our domain", one_aligned_sender),
    soft(3, "there is somebody to answer to", somebody_to_answer),
    hard(4, "the subject is one line of text", one_line_subject),
    soft(4, "the subject can be read at a glance", readable_subject),
    soft(5, "Date is now", fresh_date),
    hard(6, "Message-ID is ours", own_message_id),
    soft(12, "List-Id names our list", list_id),
    soft(13, "Feedback-ID has four fields about the issue", feedback_id),
    hard(14, "header and lines are what SMTP can carry", short_ascii_lines),
    soft(14, "encoded words are short", short_encoded_words),
)
