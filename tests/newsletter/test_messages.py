"""Everything that readers are told can be translated, and is."""

from __future__ import annotations

import polib
import pytest
from django.conf import settings

from newsletter import messages
from newsletter.management.commands.messages import FORMS, is_stale, missing, path_of, updated
from newsletter.messages import Message, flaws, of_module, of_template, unmarked

ROOT = settings.BASE_DIR
# For people who write programs, and in a language that all of those know.
ENGLISH = {"newsletter/api.html", "newsletter/api_fields.html", "newsletter/help_embed.html"}
TEMPLATES = {
    path.relative_to(ROOT / "templates").as_posix(): path for path in messages.templates(ROOT)
}


@pytest.fixture(scope="module")
def found():
    return messages.found(ROOT)


def test_there_is_a_catalogue_for_every_language_but_that_of_the_texts():
    assert set(FORMS) == {code for code, _ in settings.LANGUAGES} - {"en"}


@pytest.mark.parametrize("language", FORMS)
def test_nothing_is_left_to_translate(found, language):
    left = list(missing(updated(language, found), language))
    assert left == [], "run: make messages, and fill in what it lists"


@pytest.mark.parametrize("language", FORMS)
def test_a_catalogue_is_what_was_extracted_and_compiled(found, language):
    assert not is_stale(language, updated(language, found)), "run: make messages"


@pytest.mark.parametrize("language", FORMS)
def test_what_programs_read_is_what_people_wrote(language):
    written = polib.pofile(str(path_of(language))).translated_entries()
    compiled = polib.mofile(str(path_of(language).with_suffix(".mo")))
    said = {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in compiled}
    assert said == {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in written}
    assert len(said) > 150


@pytest.mark.parametrize("language", FORMS)
def test_a_translation_is_not_the_english_text_again(found, language):
    entries = [e for e in updated(language, found) if not e.obsolete and not e.msgctxt]
    same = {entry.msgid for entry in entries if entry.msgstr == entry.msgid}
    words = {text for text in same if len(messages.PLACE.sub("", text).split()) > 2}
    assert words == set()


@pytest.mark.parametrize("name", sorted(TEMPLATES.keys() - ENGLISH))
def test_every_word_of_a_template_can_be_translated(name):
    source = TEMPLATES[name].read_text(encoding="utf-8")
    assert unmarked(source, is_html=name.endswith(".html")) == []


def test_what_nobody_says_any_more_is_kept_until_somebody_says_it_again(found):
    catalogue = updated("de", {})
    assert all(entry.obsolete for entry in catalogue)
    assert len(catalogue) >= len(found)
    [message] = [message for message in found if message.text == "Help"]
    [entry] = [entry for entry in updated("de", {message: ["x.html"]}) if not entry.obsolete]
    assert (entry.msgid, entry.msgstr, entry.occurrences) == ("Help", "Hilfe", [("x.html", "")])


def test_messages_are_found_in_templates():
    source = """
        {% load i18n %}<p title="{% translate "A title" %}">{% translate 'It "is" so' %}</p>
        {% blocktranslate trimmed count papers=n %}
          {{ papers }} paper
        {% plural %}
          {{ papers }} papers
        {% endblocktranslate %}
        {{ day|date:_("j F") }}{% include "x.html" with label=_("Hour") %}
        {% blocktranslate context "list" %}and{% endblocktranslate %}
    """
    assert set(of_template(source)) == {
        Message("", "A title"),
        Message("", 'It "is" so'),
        Message("", "%(papers)s paper", "%(papers)s papers"),
        Message("", "j F"),
        Message("", "Hour"),
        Message("list", "and"),
    }


def test_messages_are_found_in_code():
    source = """
_("One " "text") % {}
ngettext("%(n)s paper", "%(n)s papers", n)
pgettext("topic", "Agents"), pgettext("topic", name), gettext(said)
"""
    assert set(of_module(source)) == {
        Message("", "One text"),
        Message("", "%(n)s paper", "%(n)s papers"),
        Message("topic", "Agents"),
    }


@pytest.mark.parametrize(
    ("message", "told", "forms", "said"),
    [
        (Message("", "A"), ["B"], 2, ""),
        (Message("", "A"), [""], 2, "missing"),
        (Message("", "%(n)s paper", "%(n)s papers"), ["%(n)s 篇"], 1, ""),
        (Message("", "%(n)s paper", "%(n)s papers"), ["%(n)s Paper"], 2, "missing"),
        (Message("", "%(n)s paper", "%(n)s papers"), ["%(n)s Paper", ""], 2, "missing"),
        (Message("", "one paper", "%(n)s papers"), ["ein Paper", "%(n)s Paper"], 2, ""),
        (Message("", "%(a)s and %(b)s"), ["%(b)s, %(a)s"], 2, ""),
        (Message("", "%(a)s and %(b)s"), ["%(a)s und %(a)s"], 2, "places"),
        (Message("", '<a href="/">Go</a>'), ["Los"], 2, "tags"),
        (Message("", "A"), ["B "], 2, "space"),
        (Message("", ", "), ["、"], 1, ""),
    ],
)
def test_a_translation_has_to_be_whole(message, told, forms, said):
    found = flaws(message, told, forms=forms)
    assert said in found[0] if said else found == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>{% translate 'Marked' %} {{ name }} &middot; 3</p>", []),
        ("<p>Not marked</p>", ["Not marked"]),
        ('<img alt="Not marked"><a aria-label="{% translate "x" %}">', ["Not marked"]),
        ('<meta name="description" content="Not marked">', ["Not marked"]),
        ('<meta name="viewport" content="width=device-width"><p class="card" id="it"></p>', []),
        ("<style>p { color: red }</style><script>let a</script><!-- a remark -->", []),
        ("{% comment %}A remark{% endcomment %}{% if a %}Not{% else %}marked{% endif %}",
         ["Notmarked"]),
        ("{% blocktranslate %}Marked <b>too</b>{% endblocktranslate %}", []),
    ],
)  # fmt: skip
def test_words_that_nobody_can_translate_are_found(source, words):
    assert unmarked(source, is_html=True) == words


def test_in_plain_text_every_line_counts():
    assert unmarked("{{ url }}\nNot marked: {{ x }}\n", is_html=False) == ["Not marked: 0"]
