"""The typeface of pictures: the operator's, or the one that comes with Pillow."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from math import ceil

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont
from PIL.ImageFont import ImageFont as BitmapFont

NOTHING = "\U0010ffff"  # no typeface has it


class Typeface:
    """Draws at any size, and knows what it can draw."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.size = lru_cache(maxsize=16)(self._size)
        self.can_draw = lru_cache(maxsize=4096)(self._can_draw)

    def _size(self, pixels: int) -> FreeTypeFont:
        if self.path:
            return ImageFont.truetype(self.path, pixels)
        found: FreeTypeFont | BitmapFont = ImageFont.load_default(pixels)
        assert isinstance(found, FreeTypeFont)  # noqa: S101  # as Pillow's wheels have it
        return found

    def _can_draw(self, char: str) -> bool:
        return char == " " or (char.isprintable() and self._shape(char) != self._shape(NOTHING))

    def _shape(self, char: str) -> tuple[tuple[int, int], bytes]:
        mask = self.size(24).getmask(char)
        return mask.size, bytes(mask)

    def width(self, text: str, pixels: int) -> float:
        return self.size(pixels).getlength(text)

    def cut(self, text: str, pixels: int, *, width: int) -> str:
        """Return as many whole words as fit, with dots if some do not."""
        return self.wrap(text, pixels, width=width, lines=1)[0]

    def wrap(self, text: str, pixels: int, *, width: int, lines: int) -> list[str]:
        """Return at most so many lines, each no wider than `width`.

        The last ends with dots if there is more, or a word is longer than a line.
        """
        found = [""]
        for word in text.split():
            longer = f"{found[-1]} {word}".strip()
            if self.width(longer, pixels) <= width:
                found[-1] = longer
            elif len(found) < lines and found[-1] and self.width(word, pixels) <= width:
                found.append(word)
            else:
                return [*found[:-1], self._dotted(found[-1], word, pixels, width=width)]
        return found

    def _dotted(self, line: str, word: str, pixels: int, *, width: int) -> str:
        """The line with dots; a single word that is too long is cut inside."""
        text = line or word
        lengths = range(1, len(text) + 1)
        fitting = bisect_right(
            lengths, width, key=lambda length: ceil(self.width(f"{text[:length]}...", pixels))
        )
        kept = text if fitting == len(text) else text[:fitting].rpartition(" ")[0] or text[:fitting]
        return f"{kept.rstrip(' ,;:.-')}..."


@lru_cache(maxsize=2)
def typeface(path: str) -> Typeface:
    return Typeface(path)
