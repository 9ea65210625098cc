"""What somebody fills in to join, and fields that the preferences have, too."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.forms.models import ModelChoiceIteratorValue
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from papers.models import Topic
from subscriptions import address, question
from subscriptions.models import Subscriber
from subscriptions.optin import Choices
from subscriptions.stamps import Stamp, make_stamp, read_stamp, stamp_age

# "localtime" is whatever the server is set to, and "Factory" is no place at all.
TIME_ZONES = sorted(available_timezones() - {"Factory", "localtime"})
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]

MINIMUM_SECONDS = 1.0  # nobody fills the join form in faster than that
MAXIMUM_AGE = timedelta(hours=24)

NOT_KEPT = {"csrfmiddlewaretoken", "website", "answer", "later"}

ONE_TOPIC = "Please choose at least one topic."
NOT_LISTED = "Please choose from the list."
FROM_THE_LIST = {"required": NOT_LISTED, "invalid_choice": NOT_LISTED}


class Unseen(forms.CharField):
    """A field that people do not fill in, so no mistake in it is ever explained to them."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def run_validators(self, value: Any) -> None:
        """Take any text."""


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
    website = Unseen()  # a trap: bots fill it in
    answer = Unseen()  # to the question, on the page that asks one
    later = Unseen()  # the other button there
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["email", "topics", "cadence"]

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["stamp"].initial = make_stamp(at)

    def clean_email(self) -> str:
        sender = parseaddr(settings.MAIL_FROM)[1]
        ours = [parseaddr(settings.MAIL_REPLY_TO)[1], settings.UNSUBSCRIBE_MAILBOX]
        try:
            return address.normalise(self.cleaned_data["email"], sender=sender, ours=ours)
        except address.BadAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> None:
        age = stamp_age(self.cleaned_data.get("stamp", ""), at=self.at)
        if age is None or age > MAXIMUM_AGE:
            self._renew_stamp(self.at)
            self.add_error(None, "This page was open for a long time. Please send it once more.")
        elif age < timedelta(seconds=MINIMUM_SECONDS):
            self.add_error(None, "That was too quick for us. Please send it once more.")

    def _renew_stamp(self, at: datetime) -> None:
        """Or the same complaint would come for ever."""
        renewed = cast("QueryDict", self.data).copy()
        renewed["stamp"] = make_stamp(at)
        self.data = renewed

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data["website"])

    @property
    def known_stamp(self) -> Stamp | None:
        """The stamp that it was sent with, or given since; forms of other sites have none."""
        return read_stamp(self["stamp"].value() or "")

    @property
    def question(self) -> str:
        stamp = self.known_stamp
        return question.text(stamp.nonce) if stamp else ""

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What was sent, name by name, for the page with the question to send once more."""
        sent = cast("QueryDict", self.data)
        names = [name for name in sent if name not in NOT_KEPT]
        return [(name, value) for name in names for value in sent.getlist(name)]

    @property
    def is_from_question(self) -> bool:
        """Whether it was sent by the page with the question."""
        return bool(self.cleaned_data["answer"] or self.cleaned_data["later"])

    @property
    def is_answered(self) -> bool:
        stamp = self.known_stamp
        return stamp is not None and question.is_right(stamp.nonce, self.cleaned_data["answer"])

    def show_again(self, complaint: str = "") -> None:
        """Get ready to be sent once more; nobody has to wait a second time."""
        self._renew_stamp(self.at - timedelta(seconds=MINIMUM_SECONDS))
        if complaint:
            self.add_error(None, complaint)

    def choices(self) -> Choices:
        return Choices(
            cadence=self.cleaned_data["cadence"],
            weekday=int(self.cleaned_data["weekday"]),
            hour=int(self.cleaned_data["hour"]),
            time_zone=self.cleaned_data["time_zone"],
        )
