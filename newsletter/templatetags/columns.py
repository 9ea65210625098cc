"""Folds what templates of plain text say, which is of another length in every language."""

from __future__ import annotations

from django import template

from newsletter.columns import fold as fold_text

register = template.Library()


@register.filter
def fold(text: str) -> str:
    """Break one paragraph into lines of at most 78 columns."""
    return fold_text(text.strip())
