"""A reader's mail as a join of bytes: cards, his reasons, his links.  No template, no query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from html import escape
from operator import itemgetter
from struct import Struct
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import override

from newsletter import wording
from newsletter.cards import LEADS, NUMBERS, Sheet
from newsletter.columns import fold
from newsletter.models import Issue
from newsletter.reasons import Names
from newsletter.shell import Frame
from papers.wording import shorten
from subscriptions import mail, mail_tokens, tokens
from subscriptions.encode import ALONE, BETWEEN, END, START, Form, mark, quote
from subscriptions.headers import header, mailbox
from subscriptions.tokens import Purpose

HTML_LIMIT = 92_000  # bytes as sent; Gmail hides what comes after about 102,000
FILLED_IN = 1_500  # of these for the preheader, the headline and the tokens of the shell
REASON = 2_000  # of a reason, at most
CONTENTS_FROM = 13  # papers from which on a mail has a table of contents
PREHEADER = 110  # characters
FROM_ONE, LEADS_FROM_ONE = NUMBERS[1:], LEADS[1:]
# The id of a paper, and why it was picked: newsletter.picks, without the score.
CHOICE = Struct("<I2x7s")
PURPOSES = (Purpose.DIGEST, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.FEEDBACK)

Chosen = Sequence[tuple[Sheet, bytes]]  # cards, best first, and why: the end of a packed pick


class Setting:
    """The shell of one part of a mail, with a gap for the many pieces of the cards."""

    __slots__ = ("_at", "_pieces", "_values")

    def __init__(self, form: Form) -> None:
        self._at = 2 * form.names.index("cards") + 1
        self._pieces = form.filled(dict.fromkeys(form.names, b""))
        self._values = itemgetter(*form.names)  # several, so what it finds is a tuple

    def around(self, cards: list[bytes], values: Mapping[str, bytes]) -> list[bytes]:
        """Return all pieces; the value for "cards" counts for nothing."""
        found = self._pieces.copy()
        found[1::2] = self._values(values)
        found[self._at : self._at + 1] = cards
        return found


class Press:
    """What all mails of one issue share, and the way from it to the mail of one reader."""

    def __init__(
        self, issue: Issue, frame: Frame, sheets: Mapping[int, Sheet], names: Names
    ) -> None:
        self.frame, self.sheets, self.names = frame, sheets, names
        self.sender = mail.sender_address()
        self.headers = list_headers(issue)
        self.language, self._cadence = frame.look.language, issue.cadence
        self._words: dict[int, tuple[bytes, int, bytes, int, bytes]] = {}
        self._made: dict[tuple[int, int, bool], tuple[Setting, Setting]] = {}
        self._room = HTML_LIMIT - FILLED_IN - frame.size
        sizes = (sheet.size + sheet.row_size for sheet in sheets.values())
        self._largest = max(sizes, default=0) + REASON
        self._make_tokens = tokens.maker(*PURPOSES)
        self._make_mail_token = mail_tokens.maker() if settings.UNSUBSCRIBE_MAILBOX else None
        self._leave = unsubscribe_header()
        self._domain = f"@{mail.domain()}>\r\n".encode()
        fixed = {**mail.AUTOMATIC, **self.headers, "Date": format_datetime(now())}
        self._from, self._fixed = mail.from_lines(), b"".join(mail.written(fixed))

    def choose(self, packed_picks: bytes | memoryview) -> Chosen:
        """Return the cards of a delivery; papers that are gone are left out."""
        sheets = self.sheets
        return [
            (sheets[paper], why)
            for paper, why in CHOICE.iter_unpack(packed_picks)
            if paper in sheets
        ]

    def subject(self, first: Sheet, count: int) -> str:
        with override(self.language):
            return mail.clean_header(wording.subject(self._cadence, count, first.subject))

    def tokens(self, public_id: bytes, version: int) -> dict[str, bytes]:
        digest, preferences, unsubscribe, feedback = self._make_tokens(public_id, version)
        return {
            "digest": digest,
            "preferences": preferences,
            "unsubscribe": unsubscribe,
            "feedback": feedback,
            "mailto": self._make_mail_token(public_id, version) if self._make_mail_token else b"",
        }

    def wire(
        self,
        chosen: Chosen,
        made: Mapping[str, bytes],
        *,
        to: str,
        key: str,
        is_text_only: bool = False,
    ) -> bytes:
        """Return the whole message: from headers to its last line.

        Args:
            made: of `tokens`.
            to: an address of ASCII.
            key: the id of the delivery.
            is_text_only: the HTML is left out, and with it the second part.
        """
        text, html, count = self.parts(chosen, made)
        first, own = chosen[0][0], key.encode()
        if (subject := first.subjects.get(count)) is None:
            subject = first.subjects[count] = header("Subject", self.subject(first, count))
        whole = [
            self._from, b"To: ", to.encode(), b"\r\n", subject,
            b"Message-ID: <", own, self._domain, b"X-Entity-Ref-ID: ", own, b"\r\n",
            self._leave[0], made["unsubscribe"], self._leave[1], made["mailto"], self._leave[2],
            self._fixed,
        ]  # fmt: skip
        if is_text_only:
            return b"".join((*whole, ALONE, *text))
        whole.append(START)
        whole += text
        whole.append(BETWEEN)
        whole += html
        whole.append(END)
        return b"".join(whole)

    def parts(
        self, chosen: Chosen, made: Mapping[str, bytes]
    ) -> tuple[list[bytes], list[bytes], int]:
        """Return text, HTML, and how many of the papers fit into them."""
        count = len(chosen)
        has_contents = count >= CONTENTS_FROM
        if count * self._largest > self._room:
            count = self._fitting(chosen, has_contents=has_contents)
        shown = chosen if count == len(chosen) else chosen[:count]
        text_cards, html_cards = self._cards(shown, made["feedback"])
        in_text, in_html = self._settings(count, len(chosen) - count, has_contents=has_contents)
        values = {**made, "preheader": self._preheader(shown), "cards": b""}
        in_rows = values
        if has_contents:
            values["contents"], contents = _contents(shown)
            in_rows = {**values, "contents": contents}
        return in_text.around(text_cards, values), in_html.around(html_cards, in_rows), count

    def public_html(self, chosen: Chosen, headline: str, *, digest: bytes = b"") -> bytes:
        """Return, encoded, all cards in a page that opens nothing: no limit, and no token.

        Args:
            digest: the token of a reader's digest, which then leads to why he got it.
        """
        cards: list[bytes] = []
        for number, (sheet, why) in enumerate(chosen, start=1):
            reason = sheet.reasons.get(why) or sheet.write_reason(why, self.names)
            cards += (
                sheet.html_start, NUMBERS[number], sheet.html_middle, reason[1],
                sheet.public_tail[0],
            )  # fmt: skip
        values = {"preheader": b"", "cards": b"".join(cards), "headline": quote(escape(headline))}
        values["digest"] = digest
        sections = ["public", *["why"] * bool(digest)]
        if len(chosen) >= CONTENTS_FROM:
            sections.append("contents")
            values["contents"] = _contents(chosen)[1]
        _, form = self.frame.forms(*sections)
        return b"".join(form.filled(values))

    def _fitting(self, chosen: Chosen, *, has_contents: bool) -> int:
        """Return how many of the papers fit, at least one; the rest stays on the page."""
        room = self._room
        for number, (sheet, why) in enumerate(chosen):
            reason = sheet.reasons.get(why) or sheet.write_reason(why, self.names)
            room -= sheet.size + len(reason[1]) + (sheet.row_size if has_contents else 0)
            if room < 0:
                return max(number, 1)
        return len(chosen)

    def _cards(self, shown: Chosen, feedback: bytes) -> tuple[list[bytes], list[bytes]]:
        text: list[bytes] = []
        html: list[bytes] = []
        # `shown` is the shortest of them.
        for (sheet, why), digits, lead in zip(shown, FROM_ONE, LEADS_FROM_ONE, strict=False):
            said, written = sheet.reasons.get(why) or sheet.write_reason(why, self.names)
            html += (
                sheet.html_start, digits, sheet.html_middle, written, feedback.join(sheet.tail),
            )  # fmt: skip
            text += (
                sheet.text_start, lead, sheet.text_middle, said,
                digits.join(sheet.links), feedback, sheet.text_end,
            )  # fmt: skip
        return text, html

    def _settings(self, count: int, left: int, *, has_contents: bool) -> tuple[Setting, Setting]:
        """Return, and remember, the shell of mails with so many papers, for text and HTML."""
        key = (count, left, has_contents)
        if (made := self._made.get(key)) is None:
            with override(self.language):
                headline = wording.headline(self._cadence, count)
                words = {"headline": headline, "more": wording.left_out(left)}
            sections = ["private", *["contents"] * has_contents, *["more"] * bool(left)]
            text, html = self.frame.forms(*sections)
            made = self._made[key] = (
                Setting(text.bound({name: quote(fold(said)) for name, said in words.items()})),
                Setting(html.bound({name: quote(escape(said)) for name, said in words.items()})),
            )
        return made

    def _preheader(self, shown: Chosen) -> bytes:
        """Say what the subject does not: 40 to 110 characters."""
        count = len(shown)
        if count == 1:
            with override(self.language):
                said = wording.preheader_of_one(shown[0][0].opening)
            return quote(escape(shorten(said.strip(), PREHEADER)))
        if (words := self._words.get(count)) is None:
            words = self._words[count] = self._words_beside(count)
        start, first, between, second, end = words
        if second:
            return b"".join((start, shown[first][0].short, between, shown[second][0].short, end))
        return b"".join((start, shown[first][0].short, between))

    def _words_beside(self, count: int) -> tuple[bytes, int, bytes, int, bytes]:
        """Return the preheader of several papers in pieces, with the places of those it names.

        Languages name them in their own order; the second is 0 if it names one only.
        """
        with override(self.language):
            said = wording.preheader(count, mark("1"), mark("2"))
        form = Form.of(f"{escape(said)}{mark('end')}", {})  # a block, like what goes into it
        form = form.bound({"end": b""})
        places, pieces = [*map(int, form.names), 0], [*form.pieces, b""]
        return pieces[0], places[0], pieces[1], places[1], pieces[2]


def _contents(chosen: Chosen) -> tuple[bytes, bytes]:
    text: list[bytes] = []
    html: list[bytes] = []
    for number, (sheet, _) in enumerate(chosen, start=1):
        start, end = sheet.html_row
        html += (start, NUMBERS[number], end)
        start, end = sheet.text_row
        text += (start, LEADS[number], end)
    return b"".join(text), b"".join(html)


def list_headers(issue: Issue) -> dict[str, str]:
    """What bulk mail must say about itself (RFC 2369, 2919, 5064; Google's Feedback-ID)."""
    host = str(urlsplit(settings.SITE_URL).hostname)
    site = settings.SITE_URL
    edition = reverse("newsletter:issue", args=[issue.slug])
    return {
        "List-Id": mailbox(mail.clean_header(settings.SITE_NAME), f"digest.{host}"),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": f"<{site}{reverse('newsletter:help')}>",
        "List-Archive": f"<{site}{reverse('newsletter:archive')}>",
        "Archived-At": f"<{site}{edition}>",
        "Feedback-ID": f"{issue.slug}:{issue.cadence}:digest:newsletter",
        "Precedence": "bulk",
    }


def unsubscribe_header() -> tuple[bytes, bytes, bytes]:
    """Return the header of one click (RFC 8058), cut where the two tokens go."""
    whole = f"List-Unsubscribe: {unsubscribe('TOKEN', 'MAILTO')}\r\n".encode()
    start, _, rest = whole.partition(b"TOKEN")
    middle, _, end = rest.partition(b"MAILTO")
    return start, middle, end


def unsubscribe(token: str, mail_token: str, *, fold: str = "\r\n") -> str:
    """Return the addresses at which a reader leaves, that of the page first."""
    page = settings.SITE_URL + reverse("subscriptions:unsubscribe", args=[token])
    local, _, domain = settings.UNSUBSCRIBE_MAILBOX.partition("@")
    mailto = f"mailto:{local}+{mail_token}@{domain}?subject=unsubscribe"
    return f"<{page}>,{fold} <{mailto}>" if domain else f"<{page}>"
