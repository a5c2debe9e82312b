"""Which of a customer's own values may be spoken at which identity level, and how masked: one table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from guardrails.identity import Level


class Personal(StrEnum):
    """The closed list of values that a table entry decides on."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    CARD = "card"


class How(StrEnum):
    """How a value may be spoken."""

    HIDDEN = "hidden"
    MASKED = "masked"
    FULL = "full"


#: At each level, from nobody known over signed in by the site to proven by a code. A card is never spoken in full.
TABLE: Mapping[Personal, Mapping[Level, How]] = {
    Personal.NAME: {Level.ANONYMOUS: How.HIDDEN, Level.SIGNED_IN: How.FULL, Level.STEPPED_UP: How.FULL},
    Personal.EMAIL: {Level.ANONYMOUS: How.MASKED, Level.SIGNED_IN: How.MASKED, Level.STEPPED_UP: How.FULL},
    Personal.PHONE: {Level.ANONYMOUS: How.HIDDEN, Level.SIGNED_IN: How.MASKED, Level.STEPPED_UP: How.FULL},
    Personal.ADDRESS: {Level.ANONYMOUS: How.HIDDEN, Level.SIGNED_IN: How.MASKED, Level.STEPPED_UP: How.FULL},
    Personal.CARD: {Level.ANONYMOUS: How.HIDDEN, Level.SIGNED_IN: How.MASKED, Level.STEPPED_UP: How.MASKED},
}
#: The names under which actions return these values; a name is a person's only beside an address of theirs.
_FIELDS = {
    "email": Personal.EMAIL,
    "phone": Personal.PHONE,
    "address": Personal.ADDRESS,
    "card_number": Personal.CARD,
}
_NOT_DIGIT = re.compile(r"\D")
_LONG_NUMBER = re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])")
_LEAST_DIGITS = 6
_GAP = r"[\s().\-/]{0,3}"


def _masked_email(value: str) -> str:
    name, _, domain = value.partition("@")
    return f"{name[:1]}••••@{domain}"


def _masked_phone(value: str) -> str:
    return f"••••{_NOT_DIGIT.sub('', value)[-2:]}"


def _masked_address(value: str) -> str:
    _street, _, rest = value.partition(",")
    return f"••••, {rest.strip()}" if rest.strip() else "••••"


_MASKS: Mapping[Personal, Callable[[str], str]] = {
    Personal.NAME: lambda value: f"{value[:1]}••••",
    Personal.EMAIL: _masked_email,
    Personal.PHONE: _masked_phone,
    Personal.ADDRESS: _masked_address,
    Personal.CARD: lambda value: f"••{_NOT_DIGIT.sub('', value)[-4:]}",
}


def masked(kind: Personal, value: str) -> str:
    """Return the value so that its owner knows it again and nobody else learns it."""
    return _MASKS[kind](value)


def spoken(kind: Personal, value: str, level: Level) -> str | None:
    """Return how the value may be spoken at a level, or None where it may not."""
    match TABLE[kind][level]:
        case How.FULL:
            return value
        case How.MASKED:
            return masked(kind, value)
        case How.HIDDEN:
            return None


@dataclass(frozen=True)
class Ceiling:
    """What a turn knows of the customer, and how sure it is who they are."""

    level: Level
    values: frozenset[tuple[Personal, str]] = field(default=frozenset())

    def above(self, text: str) -> Personal | None:
        """Return what a text says above the level, or None: the value itself or the part of it that a mask hides."""
        if any(_is_card(found.group()) for found in _LONG_NUMBER.finditer(text)):
            return Personal.CARD
        folded = " ".join(text.casefold().split())
        for kind, value in self.values:
            if TABLE[kind][self.level] is not How.FULL and _says(kind, value, folded):
                return kind
        return None

    def veiled(self, text: str) -> str:
        """Return the text with every value above the level masked where it stands, or "••••" where that cannot be."""
        for kind, value in sorted(self.values, key=lambda one: -len(one[1])):
            if TABLE[kind][self.level] is not How.FULL:
                text = re.sub(re.escape(value), spoken(kind, value, self.level) or "••••", text, flags=re.IGNORECASE)
        return "••••" if self.above(text) else text


def personal(read: Any) -> frozenset[tuple[Personal, str]]:
    """Return the customer's own values in what an action returned, however deep they lie."""
    match read:
        case dict():
            found = {(_FIELDS[name], one) for name, one in read.items() if name in _FIELDS and _is_value(one)}
            if "address" in read and _is_value(read.get("name")):
                found.add((Personal.NAME, read["name"]))
            return frozenset(found).union(*(personal(one) for one in read.values()))
        case list() | tuple():
            return frozenset[tuple[Personal, str]]().union(*(personal(one) for one in read))
    return frozenset()


def _is_value(value: object) -> bool:
    return isinstance(value, str) and len(value.strip()) > 2


def _says(kind: Personal, value: str, folded: str) -> bool:
    match kind:
        case Personal.PHONE | Personal.CARD:
            own = _NOT_DIGIT.sub("", value)
            tail = own[-7:] if kind is Personal.PHONE else own[-8:]
            return len(tail) >= _LEAST_DIGITS and re.search(_GAP.join(tail), folded) is not None
        case Personal.EMAIL:
            return value.casefold() in folded
        case Personal.ADDRESS:
            return " ".join(value.partition(",")[0].casefold().split()) in folded
        case Personal.NAME:
            return " ".join(value.casefold().split()) in folded


def _is_card(found: str) -> bool:
    places = [int(digit) for digit in reversed(_NOT_DIGIT.sub("", found))]
    doubled = [digit * 2 if place % 2 else digit for place, digit in enumerate(places)]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
