"""Marks the words that somebody looked for."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from newsletter.site.marking import marked as mark

register = template.Library()


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString:
    return mark(text, words)
