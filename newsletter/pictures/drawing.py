"""A poster as a PNG of 1200 by 630 pixels."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

from newsletter.pictures.poster import ROWS, Poster, Row
from newsletter.pictures.typeface import Typeface, typeface

WIDTH, HEIGHT = 1200, 630
LEFT, RIGHT, TOP = 72, 1128, 52
PAPER, INK, QUIET = "#ffffff", "#16181d", "#575d6b"
ACCENT, TINT = "#2a3fcf", "#e9ecff"
COLOURS = 64  # enough for few colours and the edges of letters; makes the file small
# The mark of the site, as templates/base.html draws it.
SHEET = [(4.5, 2.5), (14.5, 2.5), (19.5, 7.5), (19.5, 21.5), (4.5, 21.5), (4.5, 2.5)]
FOLD = [(14.5, 2.5), (14.5, 7.5), (19.5, 7.5)]
RISE = [(7.5, 17.5), (12, 10), (16.5, 17.5)]


@lru_cache(maxsize=64)
def draw(poster: Poster, font: str = "") -> bytes:
    """Return the picture.

    Args:
        font: the path of a typeface; empty for the one that comes with Pillow.
    """
    sheet = Sheet(typeface(font))
    sheet.masthead(poster)
    if poster.rows:
        sheet.heading(poster.heading)
        for rank, row in enumerate(poster.rows[:ROWS], start=1):
            sheet.row(row, rank, top=162 + rank * 74)
    else:
        sheet.paper(poster)
    return sheet.png()


class Sheet:
    """What is drawn on, from top to bottom."""

    def __init__(self, face: Typeface) -> None:
        self.image, self.face = Image.new("RGB", (WIDTH, HEIGHT), PAPER), face
        self.pen = ImageDraw.Draw(self.image)

    def masthead(self, poster: Poster) -> None:
        self.pen.rectangle((0, 0, WIDTH, 11), fill=ACCENT)
        self.image.paste(_mark(), (LEFT, TOP))
        face, middle = self.face, TOP + 26
        aside = face.cut(poster.aside, 28, width=360)
        self.pen.text((RIGHT, middle), aside, QUIET, face.size(28), anchor="rm")
        name = face.cut(poster.site, 32, width=620)
        self.pen.text((LEFT + 58, middle), name, INK, face.size(32), anchor="lm")

    def heading(self, text: str) -> None:
        line = self.face.cut(text, 54, width=RIGHT - LEFT)
        self.pen.text((LEFT, 174), line, INK, self.face.size(54), anchor="lm")

    def row(self, row: Row, rank: int, *, top: int) -> None:
        left, face = LEFT + 46, self.face.size(30)
        self.pen.text((LEFT, top + 16), str(rank), ACCENT, face, anchor="lm")
        title = self.face.cut(row.title, 30, width=RIGHT - left)
        self.pen.text((left, top + 16), title, INK, face, anchor="lm")
        long = max(8, round((RIGHT - left) * min(max(row.share, 0), 1)))
        for right, colour in ((RIGHT, TINT), (left + long, ACCENT)):
            self.pen.rounded_rectangle((left, top + 42, right, top + 49), 4, fill=colour)

    def paper(self, poster: Poster) -> None:
        top, width = 170, RIGHT - LEFT
        for size in (64, 54, 46):
            title = self.face.wrap(poster.heading, size, width=width, lines=4)
            if len(title) < 4:
                break
        for line in title:
            self.pen.text((LEFT, top), line, INK, self.face.size(size))
            top += round(size * 1.22)
        for place, line in enumerate(poster.lines):
            said, face = self.face.cut(line, 30, width=width), self.face.size(30)
            self.pen.text((LEFT, top + 26 + place * 46), said, QUIET, face)

    def png(self) -> bytes:
        out = BytesIO()
        few = self.image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        few.save(out, "PNG")
        return out.getvalue()


@lru_cache(maxsize=1)
def _mark() -> Image.Image:
    """The mark, 44 by 53 pixels, drawn larger and made smaller so that its edges are smooth."""
    scale = 12
    image = Image.new("RGB", (17 * scale, 21 * scale), PAPER)
    pen = ImageDraw.Draw(image)

    def points(shape: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [((x - 3.5) * scale, (y - 1.5) * scale) for x, y in shape]

    for shape in (SHEET, FOLD):
        pen.line(points(shape), fill=INK, width=round(1.6 * scale), joint="curve")
    pen.polygon(points(RISE), fill=ACCENT)
    return image.resize((44, 53), Image.Resampling.LANCZOS)
