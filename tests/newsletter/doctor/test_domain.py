"""What the DNS of a sender's domain must say, asked of a real name server."""

from __future__ import annotations

from base64 import b64encode

import pytest

from newsletter.doctor import Level, dkim, dmarc, examination, spf
from newsletter.doctor.names import Names, NotAnswered
from tests.fakes.dns import FakeDns

DOMAIN = "news.example.org"
GOOD_KEY = b64encode(bytes(294)).decode()
IN_PIECES = f'"v=DKIM1; p={GOOD_KEY[:200]}" "{GOOD_KEY[200:]}"'  # one holds 255 octets


@pytest.fixture
def names():
    """Ask a name server that has only these records."""
    servers = []

    def ask(table=None, **options):
        server = FakeDns(table or {}, **options)
        servers.append(server)
        server.__enter__()
        return Names(["127.0.0.1"], port=server.port)

    yield ask
    for server in servers:
        server.__exit__()


def spf_of(names, *records, **others):
    table = {(DOMAIN, "TXT"): [f'"{text}"' for text in records]}
    table |= {(name, "TXT"): [f'"{text}"'] for name, text in others.items()}
    return spf.examine(DOMAIN, names(table))


@pytest.mark.parametrize("record", ["v=spf1 ip4:192.0.2.1 -all", "v=spf1 mx ~all", "V=SPF1 a -ALL"])
def test_a_domain_that_names_its_servers_is_well(names, record):
    assert spf_of(names, record, "google-site-verification=x").level is Level.WELL


@pytest.mark.parametrize(
    ("records", "word"),
    [
        ([], "no SPF"),
        (["v=spf10 -all"], "no SPF"),
        (["v=spf1 -all", "v=spf1 mx -all"], "2 SPF records"),
        (["v=spf1 mx +all"], "everybody"),
        (["v=spf1 mx all"], "everybody"),
    ],
)
def test_a_domain_that_nobody_can_believe_is_wrong(names, records, word):
    finding = spf_of(names, *records)
    assert (finding.level, word in finding.said) == (Level.WRONG, True)
    assert finding.mend


def test_a_record_without_an_end_gets_a_warning(names):
    assert spf_of(names, "v=spf1 ip4:192.0.2.1").level is Level.WARNING


def test_the_lookups_of_what_is_included_count(names):
    others = {f"{n}.example": f"v=spf1 include:{n + 1}.example a mx -all" for n in range(4)}
    table = {(DOMAIN, "TXT"): ['"v=spf1 include:0.example -all"']}
    table |= {(name, "TXT"): [f'"{text}"'] for name, text in others.items()}
    asked = names(table)
    # One for 0.example, and three for each of four records; the fifth is empty.
    assert spf.lookups(DOMAIN, asked) > spf.LOOKUPS_AT_MOST
    assert spf.examine(DOMAIN, asked).level is Level.WRONG


def test_a_record_that_includes_itself_ends(names):
    finding = spf_of(names, f"v=spf1 include:{DOMAIN} -all")
    assert (finding.level, "lookups" in finding.said) == (Level.WRONG, True)


def dkim_of(names, record, selector="s1"):
    table = {(f"s1._domainkey.{DOMAIN}", "TXT"): [record]} if record else {}
    return dkim.examine(DOMAIN, selector, names(table))


@pytest.mark.parametrize(
    ("record", "level"),
    [
        (IN_PIECES, Level.WELL),
        ('"k=ed25519; p=' + b64encode(bytes(32)).decode() + '"', Level.WELL),
        ('"p=' + b64encode(bytes(162)).decode() + '"', Level.WARNING),
        (f'"t=y;" {IN_PIECES}', Level.WARNING),
        ('"p=' + b64encode(bytes(90)).decode() + '"', Level.WRONG),
        ('"v=DKIM1; p="', Level.WRONG),
        ('"v=DKIM1; p=%%%"', Level.WRONG),
        (None, Level.WRONG),
    ],
)
def test_a_key_must_be_there_and_long_enough(names, record, level):
    assert dkim_of(names, record).level is level


def test_without_a_selector_nothing_is_known_of_the_key(names):
    assert dkim_of(names, None, selector="").level is Level.UNKNOWN


@pytest.mark.parametrize(
    ("at", "record", "level"),
    [
        (f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject; rua=mailto:a@example.org", Level.WELL),
        ("_dmarc.example.org", "v=DMARC1; p=none; sp=quarantine; rua=mailto:a@b.c", Level.WELL),
        (f"_dmarc.{DOMAIN}", "v=DMARC1; p=none", Level.WARNING),
        (f"_dmarc.{DOMAIN}", "v=DMARC1; p=maybe; rua=mailto:a@b.c", Level.WRONG),
        ("_dmarc.org", "v=DMARC1; p=reject; rua=mailto:a@b.c", Level.WRONG),
        ("elsewhere.example", "v=DMARC1; p=reject", Level.WRONG),
    ],
)
def test_a_policy_is_found_at_the_domain_or_above(names, at, record, level):
    assert dmarc.examine(DOMAIN, names({(at, "TXT"): [f'"{record}"']})).level is level


@pytest.mark.parametrize(
    ("signed", "sender", "is_strict", "expected"),
    [
        ("example.org", "news.example.org", False, True),
        ("mail.example.org", "example.org", False, True),
        ("Example.Org.", "example.org", True, True),
        ("example.org", "news.example.org", True, False),
        ("badexample.org", "example.org", False, False),
        ("service.example", "example.org", False, False),
    ],
)
def test_who_signs_may_speak_for_the_sender_if_they_are_family(signed, sender, is_strict, expected):
    assert dmarc.is_aligned(signed, sender, is_strict=is_strict) is expected


def test_a_whole_domain_is_looked_at(names):
    table = {
        (DOMAIN, "MX"): ["10 mx.example.org."],
        (DOMAIN, "TXT"): ['"v=spf1 mx -all"'],
        (f"s1._domainkey.{DOMAIN}", "TXT"): [IN_PIECES],
        (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=none; rua=mailto:a@b.c"'],
    }
    found = list(examination.of_domain(DOMAIN, "s1", names(table)))
    assert [finding.level for finding in found] == [Level.WELL] * 4


@pytest.mark.parametrize("record", [[], ["0 ."]])
def test_a_domain_that_takes_no_mail_is_wrong(names, record):
    table = {(DOMAIN, "MX"): record, (DOMAIN, "TXT"): ['"v=spf1 -all"']}
    first = next(examination.of_domain(DOMAIN, "s1", names(table)))
    assert (first.level, first.about) == (Level.WRONG, "sender")


def test_a_name_server_that_fails_says_nothing_about_the_domain(names):
    broken = names({}, is_broken=True)
    with pytest.raises(NotAnswered):
        broken.texts(DOMAIN)
    found = list(examination.of_domain(DOMAIN, "s1", broken))
    assert {finding.level for finding in found} == {Level.UNKNOWN}


def test_an_address_and_its_name_lead_to_each_other(names):
    asked = names(
        {
            ("mx.example.org", "A"): ["192.0.2.7"],
            ("7.2.0.192.in-addr.arpa", "PTR"): ["mx.example.org."],
        }
    )
    assert asked.addresses("mx.example.org") == ["192.0.2.7"]
    assert asked.name_of("192.0.2.7") == "mx.example.org"
    assert asked.name_of("192.0.2.8") == ""
