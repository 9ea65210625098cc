"""Fields of forms that several pages have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from papers.text import clean
from subscriptions.models import Phrase
from subscriptions.phrases import LONGEST, normalised

SEPARATORS = re.compile(r"[,;\n\r\u3001\uff0c\uff1b]")  # and as Chinese and Japanese write them
LONGEST_SHOWN = 40  # characters of a phrase in a complaint about it
TOO_MANY = {
    Phrase.Kind.KEYWORD: _("Please enter at most %(most)s keywords, not %(count)s."),
    Phrase.Kind.AUTHOR: _("Please enter at most %(most)s authors, not %(count)s."),
}
TOO_LONG = _("“%(phrase)s” is too long: at most %(most)s characters, please.")
NO_WORD = _("“%(phrase)s” has no letters or digits, so no paper can be found by it.")
TOO_MUCH = _("This text is too long.")

# "localtime" is whatever the server is set to, and "Factory" is no place at all.
TIME_ZONES = sorted(available_timezones() - {"Factory", "localtime"})
REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
NOT_LISTED = _("Please choose from the list.")


class PhrasesField(forms.Field):
    """Keywords, or names of authors, with commas or line breaks between them.

    Gives back a list: each phrase once, in the order in which they were written, and as
    `subscriptions.phrases` stores them.
    """

    widget = forms.Textarea

    def __init__(self, kind: Phrase.Kind, *, at_most: int, **options: Any) -> None:
        self.kind, self.at_most = kind, at_most
        # Spaces and commas come on top, and nobody writes twice as many of them.
        self.longest = 2 * at_most * LONGEST
        super().__init__(**{"required": False, "initial": [], **options})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"rows": 2, "maxlength": self.longest, "autocapitalize": "none"}

    def prepare_value(self, value: Any) -> Any:
        """Write a list as it is entered; what somebody sent stays as it is."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        text = str(value or "")
        if len(text) > self.longest:
            raise forms.ValidationError(TOO_MUCH, code="too_much")
        written = [part for part in SEPARATORS.split(text) if part.strip()]
        return list(dict.fromkeys(self._checked(written)))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > self.at_most:
            params = {"most": self.at_most, "count": len(value)}
            raise forms.ValidationError(TOO_MANY[self.kind], code="too_many", params=params)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(self.prepare_value(initial)) != self.to_python(data)
        except forms.ValidationError:
            return True

    def _checked(self, written: Iterable[str]) -> list[str]:
        """Return the phrases as they are stored; raise one error for each that is none."""
        phrases, errors = [], []
        for part in written:
            phrase = normalised(part)
            if 0 < len(phrase) <= LONGEST:
                phrases.append(phrase)
                continue
            said = TOO_LONG if phrase else NO_WORD
            params = {"phrase": clean(part, limit=LONGEST_SHOWN), "most": LONGEST}
            errors.append(forms.ValidationError(said, code="no_phrase", params=params))
        if errors:
            raise forms.ValidationError(errors[: self.at_most])
        return phrases


Group = list[tuple[str, str]]


def zones_by_region() -> list[tuple[str, str | Group]]:
    """Return every time zone by its IANA name, UTC first, and the names of no place at the end."""
    groups: dict[str, Group] = {region: [] for region in REGIONS}
    others: Group = []
    for zone in TIME_ZONES:
        region, _slash, place = zone.partition("/")
        if region in groups:
            groups[region].append((zone, place.replace("_", " ")))
        elif zone != "UTC":
            others.append((zone, zone))
    by_region = [(str(REGIONS[region]), zones) for region, zones in groups.items()]
    return [("UTC", "UTC"), *by_region, (gettext("Other names"), others)]


class ZoneSelect(forms.Select):
    """Hundreds of options, rendered once for each language: Django would take 0.1 seconds."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        key = format_html('value="{}"', value)
        options = _options(get_language() or "").replace(key, f"{key} selected", 1)
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            mark_safe(options),  # noqa: S308  # no word of it comes from outside
        )


@lru_cache(maxsize=32)
def _options(_language: str) -> str:
    parts = [
        format_html('<optgroup label="{}">{}</optgroup>', label, _rows(part))
        if isinstance(part, list)
        else _rows([(label, part)])
        for label, part in zones_by_region()
    ]
    return "".join(parts)


def _rows(options: Group) -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', options)


class TimeZoneField(forms.TypedChoiceField):
    """A time zone by its IANA name.  Nothing entered is UTC, where that is allowed."""

    widget = ZoneSelect

    def __init__(self, **options: Any) -> None:
        messages = {"required": NOT_LISTED, "invalid_choice": NOT_LISTED}
        options = {"empty_value": "UTC", "error_messages": messages, **options}
        super().__init__(choices=[(zone, zone) for zone in TIME_ZONES], **options)
