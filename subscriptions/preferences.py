"""What a confirmed reader fills in: his preferences, and a pause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscriptions import cadence, phrases
from subscriptions.fields import PhrasesField, TimeZoneField
from subscriptions.forms import FROM_THE_LIST, HOURS
from subscriptions.models import Phrase, Subscriber
from subscriptions.optin import COUNTING, LONGEST_PAUSE, Preferences
from subscriptions.phrases import MOST_WISHES, Words

OFF, MUTED = "off", "muted"
FEED = "feed"  # in place of a cadence: no mail
LEVELS = [
    (OFF, _("Not followed")),
    ("less", _("Less")),
    ("normal", _("Normal")),
    ("more", _("More")),
    (MUTED, _("Muted")),
]
WEIGHTS = {OFF: None, "less": 0.5, "normal": 1.0, "more": 2.0, MUTED: 0.0}
FORMATS = [("html", _("With layout")), ("text", _("Plain text only"))]
NOTHING = _("Please follow at least one topic, or name a keyword or an author.")
TOO_MANY_WORDS = _("Please name at most %(most)s keywords and authors together, not %(count)s.")
THREE_TO_THIRTY = _("Please enter a number from 3 to 30.")
TO_A_HUNDRED = _("Please choose a number from 0 to 100.")
A_DATE = _("Please enter a date.")
TOO_EARLY = _("Please choose a day after today.")
TOO_LATE = _("Please choose a day within a year.")


def whole_number(least: int, most: int, *, error: Any, **options: Any) -> forms.IntegerField:
    """A number of which every mistake is told in the same words."""
    keys = ("required", "invalid", "min_value", "max_value")
    errors = dict.fromkeys(keys, error)
    return forms.IntegerField(min_value=least, max_value=most, error_messages=errors, **options)


def level_of(weight: float | None) -> str:
    """Return which level a weight is shown as."""
    if weight is None:
        return OFF
    if weight == 0:
        return MUTED
    return "less" if weight < 0.75 else "normal" if weight < 1.5 else "more"


class LevelField(forms.ChoiceField):
    """How much of one topic.  A page that does not know the topic leaves it as it is."""

    def __init__(self, topic: Topic, weight: float | None) -> None:
        super().__init__(
            label=topic.label,
            choices=LEVELS,
            initial=level_of(weight),
            error_messages=FROM_THE_LIST,
        )
        self.topic, self.stored = topic, weight

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else data

    def clean(self, value: Any) -> Any:
        return super().clean(self.bound_data(value, self.initial))

    def weight(self, level: str) -> float | None:
        """Return the weight that a level means; one that stays keeps what is stored."""
        return self.stored if level == self.initial else WEIGHTS[level]


class PreferencesForm(forms.Form):
    """Change what comes, how, and when.  Each active topic has a field of its own."""

    topics = forms.Field(required=False)  # never read: what is wrong with all of them is told here
    keywords = PhrasesField(Phrase.Kind.KEYWORD, at_most=MOST_WISHES)
    excluded = PhrasesField(Phrase.Kind.KEYWORD, at_most=MOST_WISHES)
    authors = PhrasesField(Phrase.Kind.AUTHOR, at_most=MOST_WISHES)
    trend = whole_number(
        0, 100, error=TO_A_HUNDRED, widget=forms.NumberInput(attrs={"type": "range", "step": 5})
    )
    length = whole_number(3, 30, error=THREE_TO_THIRTY)
    cadence = forms.ChoiceField(
        choices=[*Subscriber.Cadence.choices, (FEED, _("No mail, only the feed"))],
        widget=forms.RadioSelect,
        error_messages=FROM_THE_LIST,
    )
    weekday = forms.TypedChoiceField(
        choices=[*WEEKDAYS.items()], coerce=int, error_messages=FROM_THE_LIST
    )
    hour = forms.TypedChoiceField(choices=HOURS, coerce=int, error_messages=FROM_THE_LIST)
    time_zone = TimeZoneField()
    format = forms.ChoiceField(
        choices=FORMATS, widget=forms.RadioSelect, error_messages=FROM_THE_LIST
    )
    language = forms.ChoiceField(error_messages=FROM_THE_LIST)
    is_counted = forms.BooleanField(required=False, label=COUNTING)

    def __init__(self, *args: Any, weights: dict[int, float], rhythm: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rhythm = rhythm  # kept while no mail is wanted
        self.level_fields = {
            f"topic-{topic.slug}": LevelField(topic, weights.get(topic.pk))
            for topic in Topic.objects.active()
        }
        self.fields |= self.level_fields
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        if not (settings.COUNT_OPENS or settings.COUNT_CLICKS):
            del self.fields["is_counted"]  # nobody is asked for what is not done

    @classmethod
    def of(cls, subscriber: Subscriber, data: Any = None) -> PreferencesForm:
        """The form filled with a reader's present choices; `data` is what he sent."""
        initial = {name: getattr(subscriber, name) for name in asdict(Preferences())}
        initial |= phrases.words_of(subscriber)._asdict()
        initial |= {
            "trend": round(subscriber.trend_share * 100),
            "format": "text" if subscriber.is_text_only else "html",
            "is_counted": subscriber.is_counted,
        }
        if not subscriber.wants_mail:
            initial["cadence"] = FEED
        weights = dict(subscriber.interests.values_list("topic_id", "weight"))
        return cls(data, initial=initial, weights=weights, rhythm=subscriber.cadence)

    def clean(self) -> None:
        words = self.words()
        count = sum(map(len, words))
        if count > MOST_WISHES:
            params = {"most": MOST_WISHES, "count": count}
            self.add_error("keywords", forms.ValidationError(TOO_MANY_WORDS, params=params))
        levels = [self.cleaned_data.get(name, OFF) for name in self.level_fields]
        is_nothing = not (words.keywords or words.authors or set(levels) - {OFF, MUTED})
        if is_nothing and not self.errors:
            self.add_error("topics", forms.ValidationError(NOTHING))

    def words(self) -> Words:
        return Words(**{name: self.cleaned_data.get(name, []) for name in Words._fields})

    def weights(self) -> dict[Topic, float | None]:
        return {
            field.topic: field.weight(self.cleaned_data[name])
            for name, field in self.level_fields.items()
        }

    def choices(self) -> Preferences:
        names = ("weekday", "hour", "time_zone", "length", "language")
        chosen = self.cleaned_data["cadence"]
        return Preferences(
            **{name: self.cleaned_data[name] for name in names},
            cadence=self.rhythm if chosen == FEED else chosen,
            wants_mail=chosen != FEED,
            trend_share=self.cleaned_data["trend"] / 100,
            is_text_only=self.cleaned_data["format"] == "text",
        )

    def chosen_topics(self) -> Iterator[BoundField]:
        """Fields of topics that the reader follows or has muted, or that are wrong."""
        return (row for row in self._rows() if self._is_chosen(row))

    def other_topics(self) -> list[BoundField]:
        return [row for row in self._rows() if not self._is_chosen(row)]

    def _rows(self) -> Iterator[BoundField]:
        return (self[name] for name in self.level_fields)

    @staticmethod
    def _is_chosen(row: BoundField) -> bool:
        return bool(row.errors) or row.value() != OFF or row.initial != OFF


class PauseForm(forms.Form):
    """No digest until a day, and then all of it or not."""

    until = forms.DateField(
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": A_DATE, "invalid": A_DATE},
    )
    catches_up = forms.BooleanField(required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.last = today + cadence.DAY, today + LONGEST_PAUSE
        bounds = {"min": self.first.isoformat(), "max": self.last.isoformat()}
        self.fields["until"].widget.attrs |= bounds

    @classmethod
    def of(cls, subscriber: Subscriber, data: Any = None, *, at: datetime) -> PauseForm:
        """The form for a pause that begins at `at`; two weeks are proposed."""
        today = cadence.local_date(at, subscriber.time_zone)
        initial = {"until": today + timedelta(days=14), "catches_up": True}
        return cls(data, initial=initial, today=today)

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until < self.first:
            raise forms.ValidationError(TOO_EARLY)
        if until > self.last:
            raise forms.ValidationError(TOO_LATE)
        return until
