"""Reads our pages."""

from __future__ import annotations


def text_of(response) -> str:
    return " ".join(response.content.decode().split())
