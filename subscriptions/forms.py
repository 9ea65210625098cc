"""What somebody fills in to join, and fields that the preferences have, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, cast

from django import forms
from django.conf import settings
from django.forms.models import ModelChoiceIteratorValue
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from papers.models import Topic
from subscriptions import address, question
from subscriptions.fields import NOT_LISTED, PhrasesField, TimeZoneField
from subscriptions.models import Phrase, Subscriber
from subscriptions.optin import COLUMNS, Asked, Choices
from subscriptions.stamps import Stamp, make_stamp, read_stamp, stamp_age

MOST_KEYWORDS = 10  # when joining; more can be added later
LENGTHS = (3, 5, 7, 10, 15, 20, 30)
USUAL = Choices()
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]

MINIMUM_SECONDS = 1.0  # nobody fills the join form in faster than that
MAXIMUM_AGE = timedelta(hours=24)

NOT_KEPT = {"csrfmiddlewaretoken", "website", "answer", "later"}

ONE_TOPIC = _("Please choose at least one topic.")
FROM_THE_LIST = {"required": NOT_LISTED, "invalid_choice": NOT_LISTED}


class Unseen(forms.CharField):
    """A field that people do not fill in, so no mistake in it is ever explained to them."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def run_validators(self, value: Any) -> None:
        """Take any text."""


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
            (ModelChoiceIteratorValue(topic.slug, topic), topic.label)
            for topic in self.active_topics
        ]

    def clean_topics(self) -> list[Topic]:
        slugs = set(self.cleaned_data["topics"])
        return [topic for topic in self.active_topics if topic.slug in slugs]


def _optional(
    choices: Any, *, default: Any, coerce: Callable[[Any], Any] = str, widget: Any = forms.Select
) -> forms.TypedChoiceField:
    """A choice that forms of other sites may leave out."""
    return forms.TypedChoiceField(
        choices=choices,
        coerce=coerce,
        widget=widget,
        required=False,
        initial=default,
        empty_value=default,
        error_messages=FROM_THE_LIST,
    )


def _lengths() -> list[tuple[int, str]]:
    said = ((n, ngettext("%(papers)s paper", "%(papers)s papers", n)) for n in LENGTHS)
    return [(n, sentence % {"papers": n}) for n, sentence in said]


class WishesForm(TopicsForm):
    """What somebody wants to get, and when: all that a foretaste of it needs."""

    keywords = PhrasesField(Phrase.Kind.KEYWORD, at_most=MOST_KEYWORDS)
    cadence = _optional(Subscriber.Cadence.choices, default=USUAL.cadence, widget=forms.RadioSelect)
    weekday = _optional(Subscriber.Weekday.choices, default=USUAL.weekday, coerce=int)
    hour = _optional(HOURS, default=USUAL.hour, coerce=int)
    time_zone = TimeZoneField(required=False, initial=USUAL.time_zone)
    length = _optional(_lengths, default=USUAL.length, coerce=int)

    def choices(self) -> Asked:
        columns = {column: self.cleaned_data[column] for column in COLUMNS}
        return Asked(**columns, keywords=tuple(self.cleaned_data["keywords"]))


class AddressForm(forms.Form):
    """Who shall be written to."""

    email = forms.CharField(
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Please enter your email address."),
            "max_length": address.MALFORMED,
            "null_characters_not_allowed": address.MALFORMED,
        },
    )

    def clean_email(self) -> str:
        sender = parseaddr(settings.MAIL_FROM)[1]
        ours = [parseaddr(settings.MAIL_REPLY_TO)[1], settings.UNSUBSCRIBE_MAILBOX]
        try:
            return address.normalise(self.cleaned_data["email"], sender=sender, ours=ours)
        except address.BadAddress as error:
            raise forms.ValidationError(str(error)) from error


class JoinForm(AddressForm, WishesForm):
    """Sign up.  Time is passed in because the form knows when it was made."""

    website = Unseen()  # a trap: bots fill it in
    answer = Unseen()  # to the question, on the page that asks one
    later = Unseen()  # the other button there
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["email", "topics"]

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["stamp"].initial = make_stamp(at)

    def clean(self) -> None:
        age = stamp_age(self.cleaned_data.get("stamp", ""), at=self.at)
        if age is None or age > MAXIMUM_AGE:
            self._renew_stamp(self.at)
            said = _("This page was open for a long time. Please send it once more.")
            self.add_error(None, said)
        elif age < timedelta(seconds=MINIMUM_SECONDS):
            self.add_error(None, _("That was too quick for us. Please send it once more."))

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


class EmbeddedForm(JoinForm):
    """The form on other sites, which cannot make a stamp.  If there is one, it counts."""

    def clean(self) -> None:
        if self.cleaned_data.get("stamp"):
            super().clean()
