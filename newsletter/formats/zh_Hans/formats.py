"""Chinese months without a leading zero, and numbers with commas between thousands."""

from __future__ import annotations

MONTH_DAY_FORMAT = "n月j日"
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
