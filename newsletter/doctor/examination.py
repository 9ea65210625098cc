"""All that is looked at, in the order in which mail goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from newsletter.doctor import dkim, dmarc, service, spf
from newsletter.doctor.names import Names, NotAnswered
from newsletter.doctor.terms import Finding, unknown, well, wrong


def of_domain(domain: str, selector: str, names: Names) -> Iterator[Finding]:
    """What the DNS says of the domain that mails come from."""
    yield from _asking("sender", lambda: [_exists(domain, names)])
    yield from _asking(spf.ABOUT, lambda: [spf.examine(domain, names)])
    yield from _asking(dkim.ABOUT, lambda: [dkim.examine(domain, selector, names)])
    yield from _asking(dmarc.ABOUT, lambda: [dmarc.examine(domain, names)])


def of_service(names: Names) -> Iterator[Finding]:
    """What the way out says of us."""
    yield from _asking(service.ABOUT, lambda: service.examine(names))


def _exists(domain: str, names: Names) -> Finding:
    """Receivers refuse senders whose domain takes no mail: nobody could answer."""
    if names.has_mail_servers(domain) or names.addresses(domain):
        return well("sender", f"{domain} takes mail")
    return wrong(
        "sender", f"{domain} takes no mail, so nobody could answer", "give it an MX record"
    )


def _asking(about: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except NotAnswered as error:
        yield unknown(about, f"the DNS does not answer: {error}", "try again, or with --dns")
