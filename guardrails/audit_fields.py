"""What a row of the audit trail may hold: ids, enums, amounts and counts, so that the trail survives an erasure."""

import json
import re
from collections.abc import Mapping

Atom = str | int | bool | None
#: One value, or a short list of them.
Field = Atom | tuple[Atom, ...]

MOST_ATOMS = 64

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:,/#+=*-]{0,119}")
# Digits written in groups are a phone, a card or an address, unless they are a date or the cursor of a stream.
_GROUPED = re.compile(r"(?=(?:\D*\d){7})\d+(?:[.,:/#+=*-]+\d+)+")
_KNOWN_GROUPS = re.compile(r"\d{4}-\d{2}-\d{2}|\d{13}-\d+")
_CARD_LENGTHS = range(13, 20)


class AuditFieldError(ValueError):
    """A field is not an id, enum, amount or count; the message names the field, never its value."""


def written(fields: Mapping[str, Field]) -> str:
    """Return the fields as canonical JSON, or raise AuditFieldError."""
    for name, value in fields.items():
        if not _FIELD_NAME.fullmatch(name):
            raise AuditFieldError("a field name is lower case letters, digits and underscores")
        atoms = value if isinstance(value, tuple) else (value,)
        if len(atoms) > MOST_ATOMS or not all(_is_safe(atom) for atom in atoms):
            raise AuditFieldError(f"{name} is not an id, enum, amount or count")
    return json.dumps(dict(fields), sort_keys=True, separators=(",", ":"))


def _is_safe(value: object) -> bool:
    if value is None or isinstance(value, int):
        return True
    if not isinstance(value, str) or not _ID.fullmatch(value):
        return False
    if value.isdigit():
        # An id in hex may happen to be all digits: only a number that is a card's is refused.
        return len(value) not in _CARD_LENGTHS or not _is_card(value)
    return not _GROUPED.fullmatch(value) or _KNOWN_GROUPS.fullmatch(value) is not None


def _is_card(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
