"""What a check is given and what it says: a site, a finding, a row of the table.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from newsletter.lint.reading import Mail

# Where papers live.  "*." stands for any name under a domain.
PAPER_HOSTS = frozenset(
    {"arxiv.org", "doi.org", "github.com", "*.github.io", "huggingface.co", "*.hf.space"}
)


# Links of one reader and addresses have no place in reasons and logs.
PERSONAL = re.compile(r"[\w~-]{32,}|[^\s/?=&'\"<>]+(?=@)")


@dataclass(frozen=True, slots=True)
class Site:
    """What must be known of the site to judge its mail."""

    origin: str  # "https://news.example.org", as SITE_URL
    sender: str  # the bare address in From
    mail_domain: str  # of From, of Message-ID, and in List-Id
    postal_address: str = ""  # to be in every mail, if there is one
    counts_opens: bool = False  # only where this reader agreed to it
    link_hosts: frozenset[str] = field(default=PAPER_HOSTS)  # besides our own

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def is_https(self) -> bool:
        """False on a developer's machine, whose own links are then no fault of the mail."""
        return self.origin.startswith("https://")

    def is_ours(self, url: str) -> bool:
        return url == self.origin or url.startswith(f"{self.origin}/")

    def knows(self, host: str) -> bool:
        """Whether mail may link to that host."""
        if host == self.host or host in self.link_hosts:
            return True
        above = host.partition(".")[2]
        while above and f"*.{above}" not in self.link_hosts:
            above = above.partition(".")[2]
        return bool(above)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a mail should not be; a hard one keeps its issue from being sent."""

    number: int  # 1..34, as in the table of checks
    is_hard: bool
    message: str  # what the check wants, and what it found

    def __str__(self) -> str:
        return f"{self.number}{'' if self.is_hard else ' (soft)'}: {self.message}"


Look = Callable[[Mail, Site], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table; a number has two rows where only a part of it is hard."""

    number: int
    is_hard: bool
    wants: str  # a sentence without its stop: "there is one recipient"
    look: Look  # yields what is wrong, a phrase each

    def __call__(self, mail: Mail, site: Site) -> list[Finding]:
        return [
            Finding(self.number, self.is_hard, PERSONAL.sub("…", f"{self.wants}; {wrong}"))
            for wrong in self.look(mail, site)
        ]


def of_html(look: Look) -> Look:
    """A look at the HTML, which a mail of text alone does not have."""
    return lambda mail, site: () if mail.is_plain else look(mail, site)


def hard(number: int, wants: str, look: Look) -> Check:
    return Check(number, True, wants, look)


def soft(number: int, wants: str, look: Look) -> Check:
    return Check(number, False, wants, look)
