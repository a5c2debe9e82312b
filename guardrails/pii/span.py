"""Where personal values lie in a text."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a masked value was; its placeholder is `<KIND>`."""

    PERSON = "PERSON"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    LOCATION = "LOCATION"
    ZIP = "ZIP"
    CARD = "CARD"
    IBAN = "IBAN"
    ACCOUNT = "ACCOUNT"
    NATIONAL_ID = "NATIONAL_ID"
    PARTIAL_ID = "PARTIAL_ID"
    BIRTHDATE = "BIRTHDATE"
    IP = "IP"
    SECRET = "SECRET"  # noqa: S105 - the name of a kind, not a secret


#: What an address is made of: next to one another these are one address.
_PLACES = (Kind.ADDRESS, Kind.LOCATION, Kind.ZIP)
#: Below this a span is a guess: where it overlaps a surer one, only the rest of it counts.
SURE = 1.0


@dataclass(frozen=True)
class Span:
    """One value: `text[start:end]`; where two overlap, the larger `weight` names the kind."""

    start: int
    end: int
    kind: Kind
    weight: float = 1.0


#: A pattern knows where these end: what a guess has beside it is the sentence.
_EXACT = frozenset({Kind.EMAIL, Kind.IP, Kind.IBAN})


def settle(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order and apart: overlapping ones are united, guesses give way, addresses grow together."""
    found = list(spans)
    sure = _united([span for span in found if span.weight >= SURE])
    guesses = [(span, part) for span in found if span.weight < SURE for part in cut(text, span, sure)]
    guessed = [part for span, part in guesses if part == span or span.kind not in _EXACT]
    settled: list[Span] = []
    for span in _united([*sure, *guessed]):
        if settled and _continues(text, settled[-1], span):
            last = settled[-1]
            kind = Kind.ADDRESS if Kind.ADDRESS in (last.kind, span.kind) else span.kind
            settled[-1] = replace(last, end=span.end, kind=kind)
        else:
            settled.append(span)
    return tuple(settled)


def cut(text: str, span: Span, taken: Iterable[Span]) -> list[Span]:
    """Return what is left of a span beside those that are taken, as far as letters or digits are left."""
    parts = [span]
    for other in taken:
        parts = [left for part in parts for left in _beside(part, other)]
    return [part for part in parts if any(character.isalnum() for character in text[part.start : part.end])]


def _beside(part: Span, other: Span) -> list[Span]:
    if other.end <= part.start or part.end <= other.start:
        return [part]
    sides = (replace(part, end=other.start), replace(part, start=other.end))
    return [side for side in sides if side.start < side.end]


def _united(spans: list[Span]) -> list[Span]:
    united: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        last = united[-1] if united else None
        if last is None or span.start >= last.end:
            united.append(span)
            continue
        winner = max(last, span, key=lambda one: (one.weight, one.end - one.start))
        united[-1] = replace(winner, start=last.start, end=max(last.end, span.end))
    return united


def _continues(text: str, last: Span, span: Span) -> bool:
    between = text[last.end : span.start]
    if "\n\n" in between:
        return False
    if (
        last.kind in _PLACES
        and span.kind in _PLACES
        and (last.kind is span.kind or Kind.ADDRESS in (last.kind, span.kind))
    ):
        return not between.strip(" ,.#\n-")
    return last.kind is span.kind and not between.strip(" ")


@dataclass(frozen=True)
class Folded:
    """A text as the patterns read it, with the way back to the original."""

    text: str
    origins: tuple[int, ...] | None

    def unfold(self, span: Span) -> Span:
        """Return the span in the original text."""
        if self.origins is None:
            return span
        return replace(span, start=self.origins[span.start], end=self.origins[span.end - 1] + 1)


def fold(text: str) -> Folded:
    """Undo disguises: full-width and foreign digits, odd dashes and spaces, characters that nobody sees."""
    if text.isascii():
        return Folded(text, None)
    kept = [(place, _fold(character)) for place, character in enumerate(text)]
    seen = [(place, character) for place, character in kept if character]
    return Folded("".join(character for _, character in seen), tuple(place for place, _ in seen))


def _fold(character: str) -> str:
    category = unicodedata.category(character)
    match category:
        case "Cf":
            return ""
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Pd":
            return "-"
        case "Zs":
            return " "
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
