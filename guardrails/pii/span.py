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
    CARD = "CARD"
    IBAN = "IBAN"
    ACCOUNT = "ACCOUNT"
    NATIONAL_ID = "NATIONAL_ID"
    BIRTHDATE = "BIRTHDATE"
    IP = "IP"
    SECRET = "SECRET"  # noqa: S105 - the name of a kind, not a secret


@dataclass(frozen=True)
class Span:
    """One value: `text[start:end]`; where two overlap, the larger `weight` names the kind."""

    start: int
    end: int
    kind: Kind
    weight: float = 1.0


def settle(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order and apart: overlapping ones are united, so that no end of one sticks out."""
    settled: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        last = settled[-1] if settled else None
        if last is None or not (span.start < last.end or _continues(text, last, span)):
            settled.append(span)
            continue
        winner = max(last, span, key=lambda one: (one.weight, one.end - one.start))
        settled[-1] = replace(winner, start=last.start, end=max(last.end, span.end))
    return tuple(settled)


def _continues(text: str, last: Span, span: Span) -> bool:
    return last.kind is span.kind and not text[last.end : span.start].strip(" ")


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
