"""What keeps mail from arriving, found before readers do, and how to mend it."""

from __future__ import annotations

from newsletter.doctor.terms import Finding, Level

__all__ = ["Finding", "Level"]
