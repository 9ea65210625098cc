"""Bring the catalogues of translations up to date with what readers are told.

Both forms of a catalogue are committed, so that only developers need this.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import to_locale

from newsletter.messages import Message, flaws, found

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "newsletter" / "locale"
FORMS = {"de": "nplurals=2; plural=(n != 1);", "zh-hans": "nplurals=1; plural=0;"}


class Command(BaseCommand):
    help = "Extract what readers are told, compile the translations, and list those that miss."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if anything is missing"
        )

    def handle(self, *, check: bool, **options: Any) -> None:
        messages = found(ROOT)
        left = []
        for language in FORMS:
            catalogue = updated(language, messages)
            if check and is_stale(language, catalogue):
                left.append(f"{language}: out of date; run make messages")
            elif not check:
                save(language, catalogue)
            left += [f"{language}: {flaw}" for flaw in missing(catalogue, language)]
        if check and left:
            raise CommandError("\n".join(left))
        self.stdout.write("\n".join(left) or f"{len(messages)} messages, all translated")


def path_of(language: str) -> Path:
    """The catalogue that people write; what programs read is beside it."""
    return FOLDER / to_locale(language) / "LC_MESSAGES" / "django.po"


def updated(language: str, messages: Mapping[Message, Sequence[str]]) -> polib.POFile:
    """Return a catalogue with all messages; what nobody says any more is kept as obsolete."""
    path = path_of(language)
    old = polib.pofile(str(path)) if path.exists() else polib.POFile()
    known = {_key(entry): entry for entry in old}
    new = polib.POFile()
    new.header, new.wrapwidth = old.header, 100
    new.metadata = {
        "Project-Id-Version": "newsletter",
        "Language": to_locale(language),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": FORMS[language],
    }
    new.extend(_entry(message, known, places) for message, places in messages.items())
    kept = {_key(entry) for entry in new}
    for key in sorted(set(known) - kept):
        if known[key].translated() or known[key].obsolete:
            known[key].obsolete, known[key].occurrences = True, []
            new.append(known[key])
    return new


def missing(catalogue: polib.POFile, language: str) -> Iterator[str]:
    """Yield what cannot be told in a language yet, a line each."""
    for entry in catalogue:
        if entry.obsolete:
            continue
        message, told = _key(entry), _told(entry)
        wrong = flaws(message, told, forms=int(FORMS[language][9]))
        if "fuzzy" in entry.flags:
            wrong.append("it is marked as fuzzy")
        place = entry.occurrences[0][0] if entry.occurrences else "?"
        yield from (f"{place}: {message.text!r}: {flaw}" for flaw in wrong)


def save(language: str, catalogue: polib.POFile) -> None:
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))


def is_stale(language: str, catalogue: polib.POFile) -> bool:
    """Whether what is stored differs from what `save` would write."""
    path = path_of(language)
    compiled = path.with_suffix(".mo")
    return (
        not (path.exists() and compiled.exists())
        or path.read_text(encoding="utf-8") != str(catalogue)
        or compiled.read_bytes() != catalogue.to_binary()
    )


def _entry(
    message: Message, known: Mapping[Message, polib.POEntry], places: Sequence[str]
) -> polib.POEntry:
    entry = known.get(message) or polib.POEntry(
        msgid=message.text,
        msgid_plural=message.plural,
        msgctxt=message.context or None,
    )
    entry.obsolete = False
    entry.occurrences = [(place, "") for place in places]
    entry.flags = [flag for flag in entry.flags if flag != "python-format"]
    if "%(" in message.text:
        entry.flags.append("python-format")
    return entry


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def _told(entry: polib.POEntry) -> list[str]:
    if entry.msgid_plural:
        return [entry.msgstr_plural[form] for form in sorted(entry.msgstr_plural)]
    return [entry.msgstr]
