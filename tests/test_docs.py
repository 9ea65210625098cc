"""Promises about the documents: what they name exists, and what exists is named."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from papers.sources import REGISTRY

ROOT = Path(__file__).parents[1]
APPS = ("papers", "subscriptions", "newsletter")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!\w+:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)
SETTINGS = (ROOT / "newsletter/config/settings.py").read_text()
OPERATING = (ROOT / "docs/operating.md").read_text()


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as they are usually made."""
    headings = HEADING.findall(CODE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def literal_defaults() -> dict[str, object]:
    """Variable -> default, where settings.py has it as a plain value."""
    found = {}
    for call in (node for node in ast.walk(ast.parse(SETTINGS)) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "env":
            try:
                default = ast.literal_eval(call.keywords[0].value)
            except ValueError:
                continue
            found[ast.literal_eval(call.args[0])] = default
    return found


def as_documented(default: object) -> str:
    if isinstance(default, bool | float):
        default = int(default)
    text = ",".join(default) if isinstance(default, list) else str(default)
    return f"`{text}`" if text else "empty"


def test_every_variable_is_documented_and_every_documented_one_is_read():
    read = re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS)
    documented = [name for name, _ in ROW.findall(OPERATING)]
    assert sorted(documented) == sorted(read)


def test_documented_defaults_are_the_defaults():
    documented = dict(ROW.findall(OPERATING))
    defaults = literal_defaults()
    assert len(defaults) > 20
    assert {name: documented[name] for name in defaults} == {
        name: as_documented(default) for name, default in defaults.items()
    }


def test_every_module_is_in_the_architecture_and_every_named_one_exists():
    text = (ROOT / "docs/architecture.md").read_text()
    named = set(re.findall(rf"`((?:{'|'.join(APPS)})/[\w/]+\.py)`", text))
    modules = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if path.stat().st_size and "migrations" not in path.parts
    }
    assert named == modules


def test_every_source_has_a_heading():
    text = (ROOT / "docs/adding-a-source.md").read_text()
    assert set(REGISTRY) <= set(HEADING.findall(CODE.sub("", text)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(CODE.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


def test_every_page_that_the_code_names_exists():
    modules = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    named = {name for path in modules for name in re.findall(r"docs/[\w/-]+\.md", path.read_text())}
    assert "docs/decisions/0003-rows-are-the-truth.md" in named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_every_decision_is_in_the_readme():
    text = (ROOT / "README.md").read_text()
    decisions = [path.name for path in (ROOT / "docs/decisions").glob("*.md")]
    assert [name for name in decisions if f"docs/decisions/{name})" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert named <= targets


def test_the_readme_begins_with_two_commands():
    text = (ROOT / "README.md").read_text()
    assert re.findall(r"^make (\w+)", text, re.MULTILINE) == ["demo", "test"]


def test_the_newest_change_is_of_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = re.findall(r"^## \[(\d[^]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == project["version"]


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").iterdir()), ids=lambda p: p.name)
def test_lock_files_hold_hashes_and_no_addresses(path):
    text = path.read_text()
    pinned = re.findall(r"^[\w.-]+(?:\[.*\])?(==.*\n +--hash=)?", text, re.MULTILINE)
    assert pinned
    assert all(pinned)
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
