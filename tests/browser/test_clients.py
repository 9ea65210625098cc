"""What mail programs do not support of the digest's HTML, and what they show instead.

The data is that of "Can I email", from npm; needs node and npm.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import corpus
from newsletter import compose
from newsletter.lint.reading import read

CLIENTS = Path(__file__).parent / "clients"
PROGRAMS = [
    *("gmail.android", "gmail.desktop-webmail", "gmail.ios", "gmail.mobile-webmail"),
    *("outlook.windows", "outlook.windows-mail", "outlook.outlook-com", "outlook.macos"),
    *("outlook.ios", "outlook.android", "apple-mail.ios", "apple-mail.macos"),
    *("yahoo.android", "yahoo.desktop-webmail", "yahoo.ios", "thunderbird.macos"),
]
INLINE = "all of the layout and the light colours are inline; the sheet adds dark ones and width"
BACKUP = "the preheader is hidden in four ways: display, height, size and opacity"
TEXT = "it is said to screen readers only, and the visible text says the same"
# Feature -> what a reader sees where it is not supported.
FALLBACKS = {
    "<style> element": INLINE,
    "@media": INLINE,
    "Attribute selector": INLINE,
    "Chaining selectors": INLINE,
    "Child combinator": INLINE,
    "Class selector": INLINE,
    "Descendant combinator": INLINE,
    "ID selector": INLINE,
    "Type selector": INLINE,
    "color-scheme meta tag": "light colours that can be read, or the program's own dark ones",
    "<body> element": "the outermost <div> has the same background, language and direction",
    "display:none": BACKUP,
    "opacity": BACKUP,
    "overflow": BACKUP,
    "max-height property": BACKUP,
    "aria-hidden attribute": TEXT,
    "aria-label attribute": TEXT,
    "role attribute": TEXT,
    "height property": "only pictures have one, and there are none",
    "outline": "it takes an outline away, and there are no pictures to have one",
    "word-break": "words longer than a line make the line wider",
    "word-spacing": "normal, as anyway",
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm on the PATH"),
]


@pytest.fixture(scope="module")
def checker(tmp_path_factory) -> Path:
    """The program that knows what is supported, installed as its lock file says."""
    folder = tmp_path_factory.mktemp("clients")
    shutil.copytree(CLIENTS, folder, dirs_exist_ok=True)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(install, cwd=folder, check=True, timeout=150, capture_output=True)
    return folder / "check.mjs"


def unsupported(html: str, checker: Path) -> dict[str, dict[str, list[str]]]:
    command = ["node", str(checker), *PROGRAMS]
    done = subprocess.run(command, input=html.encode(), capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.fixture
def digest(settings) -> str:
    """The HTML of a digest of thirty papers."""
    settings.POSTAL_ADDRESS = "1 Example Street, Exampletown"
    corpus.store_papers(Path("/nonexistent"))
    longest = max(corpus.deliveries(40), key=lambda delivery: len(delivery.paper_ids))
    return read(compose.compose_all([longest])(longest).wire()).html


def test_what_a_mail_program_does_not_know_has_a_fallback(digest, checker):
    found = unsupported(digest, checker)
    assert None not in found.values()
    missing = {
        program: lacking
        for program, features in found.items()
        if (lacking := [name for name, (how, *_) in features.items() if how == "none"])
    }
    for program, features in missing.items():
        for name in features:
            sys.stdout.write(f"{program}: no {name}: {FALLBACKS.get(name, 'NO FALLBACK')}\n")
    assert {name for lacking in missing.values() for name in lacking} - FALLBACKS.keys() == set()


def test_what_is_unsupported_is_noticed(checker):
    found = unsupported('<div style="display:grid">x</div>', checker)
    assert found["outlook.windows"]["display:grid"][0] == "none"
