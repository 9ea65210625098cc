"""What a spam filter makes of digests: SpamAssassin, its local rules alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bench import corpus
from newsletter import compose
from newsletter.lint.beyond import MOST_SPAM, is_no_spam

LENGTHS = (1, 7, 30)  # papers of the digests that are looked at
SUMMARY = re.compile(r"\((-?[\d.]+) points, [\d.]+ required\)")
RULE = re.compile(r"^ *(-?\d+\.\d) (\w+) ", re.MULTILINE)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(not shutil.which("spamassassin"), reason="there is no SpamAssassin here"),
]


@cache
def report(mail: bytes) -> str:
    """What SpamAssassin says without asking anybody on the network."""
    command = ["spamassassin", "--local", "--test-mode"]
    done = subprocess.run(command, input=mail, capture_output=True, check=True, timeout=120)
    return done.stdout.decode(errors="replace")


def score(mail: bytes) -> float:
    said = report(mail)
    found = SUMMARY.search(said)
    assert found, said
    rules = [(name, points) for points, name in RULE.findall(said[said.rindex("pts rule") :])]
    sys.stdout.write(f"{found[1]} points: {', '.join(f'{n} {p}' for n, p in rules)}\n")
    return float(found[1])


@pytest.mark.parametrize("length", LENGTHS)
def test_a_digest_is_no_spam(settings, length):
    settings.POSTAL_ADDRESS = "1 Example Street, Exampletown"
    settings.MAIL_REPLY_TO = "editors@example.org"
    corpus.store_papers(Path("/nonexistent"))
    found = (d for d in corpus.deliveries(60) if len(d.paper_ids) == length)
    delivery = next(found)
    assert is_no_spam(compose.compose_all([delivery])(delivery).wire(), score=score) == []


def test_what_is_spam_is_noticed():
    """The sign that every filter must take for spam (GTUBE)."""
    sign = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    found = is_no_spam(b"Subject: test\r\n\r\n" + sign + b"\r\n", score=score)
    assert [finding.number for finding in found] == [34]
    assert score(b"Subject: test\r\n\r\n" + sign + b"\r\n") > 100 * MOST_SPAM
