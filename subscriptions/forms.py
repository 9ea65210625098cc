"""What somebody fills in to join, and fields that the preferences have, too."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core import signing
from django.forms.models import ModelChoiceIteratorValue
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from papers.models import Topic
from subscriptions import address
from subscriptions.models import Subscriber
from subscriptions.optin import Choices

# "localtime" is whatever the server is set to, and "Factory" is no place at all.
TIME_ZONES = sorted(available_timezones() - {"Factory", "localtime"})
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]

MINIMUM_SECONDS = 1.0  # nobody fills the join form in faster than that
MAXIMUM_AGE = timedelta(hours=24)
_signer = signing.Signer(salt="subscriptions.join.v1")

ONE_TOPIC = "Please choose at least one topic."
NOT_LISTED = "Please choose from the list."
FROM_THE_LIST = {"required": NOT_LISTED, "invalid_choice": NOT_LISTED}


def make_stamp(at: datetime) -> str:
    """Sign the moment at which a form was made."""
    return _signer.sign(f"{at.timestamp():.3f}")


def stamp_age(value: str, *, at: datetime) -> timedelta | None:
    """How old a stamp is at `at`; None if it is forged, missing or from the future."""
    try:
        made_at = datetime.fromtimestamp(float(_signer.unsign(value)), tz=UTC)
    except signing.BadSignature:
        return None
    return at - made_at if made_at <= at else None


class Guess(forms.Field):
    """A hidden field that the page guesses.  What cannot be used becomes the default."""

    widget = forms.HiddenInput

    def __init__(self, allowed: Collection[str], *, default: str) -> None:
        super().__init__(required=False, initial=default)
        self.allowed, self.default = allowed, default

    def clean(self, value: Any) -> str:
        return value if value in self.allowed else self.default


class LongSelect(forms.Select):
    """Hundreds of options; Django would render a template for each, in 0.1 seconds."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        options = ((key, "selected" if key == value else "", label) for key, label in self.choices)
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            format_html_join("", '<option value="{}" {}>{}</option>', options),
        )


class TopicsForm(forms.Form):
    """A form on which at least one of the active topics must be chosen, by slug."""

    topics = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": ONE_TOPIC,
            "invalid_list": ONE_TOPIC,
            "invalid_choice": NOT_LISTED,
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.active_topics = list(Topic.objects.active())
        field = cast("forms.MultipleChoiceField", self.fields["topics"])
        field.choices = [
            (ModelChoiceIteratorValue(topic.slug, topic), topic.name)
            for topic in self.active_topics
        ]

    def clean_topics(self) -> list[Topic]:
        slugs = set(self.cleaned_data["topics"])
        return [topic for topic in self.active_topics if topic.slug in slugs]


class JoinForm(TopicsForm):
    """Sign up.  Time is passed in because the form knows when it was made."""

    email = forms.CharField(
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Please enter your email address.",
            "max_length": address.MALFORMED,
            "null_characters_not_allowed": address.MALFORMED,
        },
    )
    cadence = forms.ChoiceField(
        choices=Subscriber.Cadence.choices,
        initial=Subscriber.Cadence.DAILY,
        widget=forms.RadioSelect,
        error_messages=FROM_THE_LIST,
    )
    weekday = Guess([str(day) for day in range(7)], default="0")
    hour = Guess([str(hour) for hour in range(24)], default="7")
    time_zone = Guess(frozenset(TIME_ZONES), default="UTC")
    website = forms.CharField(required=False)  # a trap: people do not see it, bots fill it in
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["email", "topics", "cadence"]

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["stamp"].initial = make_stamp(at)

    def clean_email(self) -> str:
        sender = parseaddr(settings.MAIL_FROM)[1]
        try:
            return address.normalise(self.cleaned_data["email"], sender=sender)
        except address.BadAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> None:
        age = stamp_age(self.cleaned_data.get("stamp", ""), at=self.at)
        if age is None or age > MAXIMUM_AGE:
            self._renew_stamp()
            self.add_error(None, "This page was open for a long time. Please send it once more.")
        elif age < timedelta(seconds=MINIMUM_SECONDS):
            self.add_error(None, "That was too quick for us. Please send it once more.")

    def _renew_stamp(self) -> None:
        """Or the same complaint would come for ever."""
        renewed = cast("QueryDict", self.data).copy()
        renewed["stamp"] = make_stamp(self.at)
        self.data = renewed

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data["website"])

    def choices(self) -> Choices:
        return Choices(
            cadence=self.cleaned_data["cadence"],
            weekday=int(self.cleaned_data["weekday"]),
            hour=int(self.cleaned_data["hour"]),
            time_zone=self.cleaned_data["time_zone"],
        )
