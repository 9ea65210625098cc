"""What readers fill in: the join form and the preferences form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core import signing
from django.forms.models import ModelChoiceIteratorValue
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from papers.models import Topic
from subscriptions import address
from subscriptions.fields import NOT_LISTED, PhrasesField, TimeZoneField
from subscriptions.models import Phrase, Subscriber
from subscriptions.optin import COLUMNS, COUNTING, Choices

MOST_KEYWORDS = 10  # when joining; more can be added later
LENGTHS = (3, 5, 7, 10, 15, 20, 30)
USUAL = Choices()
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]

MINIMUM_SECONDS = 1.0  # nobody fills the join form in faster than that
MAXIMUM_AGE = timedelta(hours=24)
_signer = signing.Signer(salt="subscriptions.join.v1")

ONE_TOPIC = _("Please choose at least one topic.")
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

    def choices(self) -> Choices:
        columns = {column: self.cleaned_data[column] for column in COLUMNS}
        return Choices(**columns, keywords=tuple(self.cleaned_data["keywords"]))


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
        try:
            return address.normalise(self.cleaned_data["email"], sender=sender)
        except address.BadAddress as error:
            raise forms.ValidationError(str(error)) from error


class JoinForm(AddressForm, WishesForm):
    """Sign up.  Time is passed in because the form knows when it was made."""

    website = forms.CharField(required=False)  # a trap: people do not see it, bots fill it in
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["email", "topics"]

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["stamp"].initial = make_stamp(at)

    def clean(self) -> None:
        age = stamp_age(self.cleaned_data.get("stamp", ""), at=self.at)
        if age is None or age > MAXIMUM_AGE:
            self._renew_stamp()
            said = _("This page was open for a long time. Please send it once more.")
            self.add_error(None, said)
        elif age < timedelta(seconds=MINIMUM_SECONDS):
            self.add_error(None, _("That was too quick for us. Please send it once more."))

    def _renew_stamp(self) -> None:
        """Or the same complaint would come for ever."""
        renewed = cast("QueryDict", self.data).copy()
        renewed["stamp"] = make_stamp(self.at)
        self.data = renewed

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data["website"])


class EmbeddedForm(JoinForm):
    """The form on other sites, which cannot make a stamp.  If there is one, it counts."""

    def clean(self) -> None:
        if self.cleaned_data.get("stamp"):
            super().clean()


class PreferencesForm(TopicsForm):
    """Change what comes, and when."""

    cadence = forms.ChoiceField(
        choices=Subscriber.Cadence.choices,
        widget=forms.RadioSelect,
        error_messages=FROM_THE_LIST,
    )
    weekday = forms.TypedChoiceField(
        choices=Subscriber.Weekday.choices,
        coerce=int,
        error_messages=FROM_THE_LIST,
    )
    hour = forms.TypedChoiceField(
        choices=HOURS,
        coerce=int,
        error_messages=FROM_THE_LIST,
    )
    time_zone = TimeZoneField()
    length = forms.IntegerField(
        min_value=3,
        max_value=30,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Please enter a number from 3 to 30."
        ),
    )

    is_counted = forms.BooleanField(required=False, label=COUNTING)

    field_order = ["topics"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (settings.COUNT_OPENS or settings.COUNT_CLICKS):
            del self.fields["is_counted"]  # nobody is asked for what is not done

    @classmethod
    def of(cls, subscriber: Subscriber, data: Any = None) -> PreferencesForm:
        """The form filled with a reader's present choices; `data` is what he sent."""
        initial = {column: getattr(subscriber, column) for column in COLUMNS}
        slugs = subscriber.topics.values_list("slug", flat=True)
        initial |= {"topics": list(slugs), "is_counted": subscriber.is_counted}
        return cls(data, initial=initial)

    def choices(self) -> Choices:
        return Choices(**{column: self.cleaned_data[column] for column in COLUMNS})
