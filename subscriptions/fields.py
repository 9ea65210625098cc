"""Fields of forms that several pages have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
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
