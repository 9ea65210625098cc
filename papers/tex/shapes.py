"""How raised, lowered and styled letters look in Unicode."""

from __future__ import annotations

import re
from unicodedata import lookup, name

from papers.tex.symbols import ALPHABETS

_RAISED = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθφχ⊤",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᵠᵡᵀ",
)
_LOWERED = str.maketrans(
    "0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"
)
_STANDS_HIGH = {"∘": "°"} | {char: char for char in "*⋆′″°†‡"}
_ORDINALS = frozenset({"th", "st", "nd", "rd"})
_WORD = re.compile(r"[^\W\d_]{2}")
_SIMPLE = re.compile(r"[\w.′]+")


def script(kind: str, content: str) -> str:
    """Return `content` raised ("^") or lowered ("_"), in Unicode if all of it can be.

    A word stays a word, because one of small letters is hard to read and to search for.
    """
    if kind == "^" and content in _STANDS_HIGH:
        return _STANDS_HIGH[content]
    table = _RAISED if kind == "^" else _LOWERED
    is_word = _WORD.search(content) and content not in _ORDINALS
    if not is_word and all(ord(char) in table for char in content):
        return content.translate(table)
    return kind + bracketed(content)


def bracketed(content: str) -> str:
    """Put brackets around what is more than a number or a name."""
    return content if len(content) == 1 or _SIMPLE.fullmatch(content) else f"({content})"


def styled(macro: str, content: str) -> str:
    """Return one letter in the alphabet of `macro`, such as "mathbb"; more stay as they are."""
    if len(content) != 1 or not content.isascii() or not content.isalnum():
        return content
    alphabet, (kind, *_, letter) = ALPHABETS[macro], name(content).split()
    case = {"LATIN": "CAPITAL" if content.isupper() else "SMALL", "DIGIT": "DIGIT"}[kind]
    # Some, such as "ℝ", are older than the others of their kind.
    older = "BLACK-LETTER" if alphabet == "FRAKTUR" else alphabet
    for wording in (f"MATHEMATICAL {alphabet} {case} {letter}", f"{older} {case} {letter}"):
        try:
            return lookup(wording)
        except KeyError:
            continue
    return content
