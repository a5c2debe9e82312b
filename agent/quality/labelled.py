"""Labelled messages, as data sets bring them, and the two halves they are split into."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: A group with more rows than this is a whole published file, not a family of phrases: its rows are split one by one.
LARGEST_FAMILY = 120


class Half(StrEnum):
    """Which half of a data set: settings are chosen on one, figures are told of the other."""

    TUNE = "tune"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One message with what it means; None is "foreign to us"."""

    text: str
    label: str | None
    source: str = ""
    group: str = ""
    #: Which of several agents it was said to, each with labels of its own.
    bot: str = ""


class RowError(ValueError):
    """A row that cannot be read; the message names what is wrong."""


def parse(rows: Iterable[dict[str, Any]], *, language: str = "en") -> list[Labelled]:
    """Read rows of `{text, label}` or `{text, our_intent}`; rows in another language are left out."""
    found = []
    for number, row in enumerate(rows, start=1):
        text, label = row.get("text"), row.get("label", row.get("our_intent"))
        if not isinstance(text, str) or not isinstance(label, str | None) or not row.keys() & {"label", "our_intent"}:
            raise RowError(f"Row {number} has no text with a label: give text and label, or text and our_intent.")
        if row.get("lang", language) == language:
            rest = {key: str(row.get(key) or "") for key in ("source", "group", "bot")}
            found.append(Labelled(text=text, label=label, **rest))
    return found


def half_of(rows: Sequence[Labelled], half: Half) -> list[Labelled]:
    """Return the rows of one half; a family of phrases is never divided."""
    sizes = Counter(row.group for row in rows)
    odd = 1 if half is Half.REPORT else 0
    return [row for row in rows if _digest(row, sizes[row.group]) % 2 == odd]


def by_label(rows: Iterable[Labelled]) -> dict[str, list[str]]:
    """Return the texts of each label."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.label is not None:
            found.setdefault(row.label, []).append(row.text)
    return found


def _digest(row: Labelled, size: int) -> int:
    whole = size > LARGEST_FAMILY or not row.group
    key = row.group + " ".join(row.text.lower().split()) if whole else row.group
    return hashlib.sha256(key.encode()).digest()[0]
