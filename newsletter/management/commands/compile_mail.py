"""Compile the MJML sources of the mails to the HTML templates that are sent.

The result is committed, so that only developers need the compiler.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import mrml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FOLDER = Path(settings.BASE_DIR) / "templates" / "email"
INDENT = re.compile(r"\n\s+")
CUT = "<!--cut-->"
# Where a source that is no whole document is compiled: in a column of a mail.
COLUMN = f"""<mjml><mj-head><mj-include path="head.mjml" /></mj-head><mj-body width="600px">
<mj-section><mj-column><mj-raw>{CUT}</mj-raw>%s<mj-raw>{CUT}</mj-raw></mj-column></mj-section>
</mj-body></mjml>"""


class Command(BaseCommand):
    help = "Compile the MJML sources of the mails to HTML templates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if a template is out of date"
        )

    def handle(self, *, check: bool, **options: Any) -> None:
        stale = [source for source in sources() if not is_compiled(source)]
        names = ", ".join(map(name, stale))
        if check and stale:
            raise CommandError(f"out of date: {names}; run manage.py compile_mail")

        for source in stale:
            target(source).write_text(compile_source(source), encoding="utf-8")
        self.stdout.write(f"compiled: {names}" if stale else "all mails are up to date")


def sources() -> list[Path]:
    return sorted(FOLDER.glob("*/*.mjml"))


def name(source: Path) -> str:
    """As people call it: "digest" for its body, "digest/card" for another piece."""
    return source.relative_to(FOLDER).with_suffix("").as_posix().removesuffix("/body")


def target(source: Path) -> Path:
    return source.with_suffix(".html")


def is_compiled(source: Path) -> bool:
    path = target(source)
    return path.exists() and path.read_text(encoding="utf-8") == compile_source(source)


def compile_source(source: Path) -> str:
    """Return the HTML template of one MJML file.

    Django's tags pass through unchanged: MJML takes them for text and attribute values.
    """
    parts = {part.name: part.read_text(encoding="utf-8") for part in FOLDER.glob("*.mjml")}
    mjml = source.read_text(encoding="utf-8")
    is_whole = mjml.startswith("<mjml")
    try:
        compiled = mrml.to_html(
            mjml if is_whole else COLUMN % mjml,
            parser_options=mrml.ParserOptions(include_loader=mrml.memory_loader(parts)),
            render_options=mrml.RenderOptions(fonts={}),  # else it links fonts of another site
        )
    except OSError as error:  # what the compiler raises for any mistake in its source
        raise CommandError(f"{name(source)}: {error}") from error
    content = compiled.content if is_whole else compiled.content.split(CUT)[1]
    content = content.replace(' align="start"', "")  # the style has it, and a cell may not
    return INDENT.sub("\n", f"{content.strip()}\n")
