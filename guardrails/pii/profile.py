"""A customer's own values: what we know for certain must be masked."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from guardrails.pii.common_words import COMMON_WORDS
from guardrails.pii.span import Kind, Span, fold

_WEIGHT = 3.0
_GAP = r"[\s().\-/]{0,3}"
_LEAST_PHONE_DIGITS = 7
_LAST_FOUR = 4
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Profile:
    """The values of one customer, as the system of record holds them."""

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()

    def spans(self, text: str) -> list[Span]:
        """Return where these values stand in a folded text, in whatever case or spacing they are written."""
        if self._pattern is None:
            return []
        found = self._pattern.finditer(text)
        return [Span(match.start(), match.end(), Kind(match.lastgroup or ""), _WEIGHT) for match in found]

    @cached_property
    def marks(self) -> frozenset[str]:
        """Words and digit groups of which every text that names a value holds at least one."""
        named = [words(value) for value in self.names]
        written = [words(email.partition("@")[0]) for email in self.emails]
        tails = [{_digits(value)[-_LAST_FOUR:]} for value in (*self.phones, *self.cards) if _digits(value)]
        placed = [_numbered(words(address)) for address in self.addresses]
        return frozenset().union(*named, *written, *tails, *placed)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        groups = {
            Kind.EMAIL: [re.escape(_folded(email.strip())) for email in self.emails if email.strip()],
            Kind.CARD: [pattern for card in self.cards for pattern in _card(_digits(card))],
            Kind.PHONE: [pattern for phone in self.phones for pattern in _phone(_digits(phone))],
            Kind.ADDRESS: [pattern for address in self.addresses for pattern in _address(_folded(address))],
            Kind.PERSON: [pattern for name in self.names for pattern in _name(_folded(name))],
        }
        # Within a kind the longest goes first: the whole name before its parts.
        parts = [
            f"(?P<{kind}>{'|'.join(sorted(set(found), key=len, reverse=True))})"
            for kind, found in groups.items()
            if found
        ]
        return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE) if parts else None


def words(text: str) -> set[str]:
    """Return the words of a text without case and accents."""
    return set(_WORD.findall(_plain(_folded(text)).casefold()))


def _numbered(parts: set[str]) -> set[str]:
    return {part for part in parts if any(character.isdigit() for character in part)} or parts


def _folded(value: str) -> str:
    return fold(value).text


def _digits(value: str) -> str:
    return "".join(character for character in _folded(value) if character.isdigit())


def _loose(parts: list[str]) -> str:
    return r"[\s,.;]+".join(re.escape(part) for part in parts if part)


def _card(digits: str) -> Iterator[str]:
    if len(digits) == _LAST_FOUR:
        # Not inside an amount or a longer number.
        yield rf"(?<![$€£.,-]){digits}(?!-|[.,]\d)"
    elif len(digits) > _LAST_FOUR:
        yield _GAP.join(digits)
        yield from _card(digits[-_LAST_FOUR:])


def _phone(digits: str) -> Iterator[str]:
    if len(digits) < _LEAST_PHONE_DIGITS:
        return
    # People leave out the area, leave out the country, or write a zero for it.
    optional = min(4, len(digits) - _LEAST_PHONE_DIGITS)
    lead = "".join(f"(?:{digit}{_GAP})?" for digit in digits[:optional])
    yield rf"(?=[+(\d])\+?\(?(?:0{{1,2}}{_GAP})?{lead}{_GAP.join(digits[optional:])}"


def _address(address: str) -> Iterator[str]:
    parts = re.split(r"[\s,.;]+", address.strip(" ,.;"))
    if len(parts) > 1:
        yield _loose(parts)
    for line in re.split(r"[,;\n]+", address):
        if len(line.split()) > 1 and any(character.isdigit() for character in line):
            yield _loose([part.strip(".") for part in line.split()])
    # A postcode of its own; four digits might be an order number.
    yield from (part for part in parts if part.isdigit() and len(part) > _LAST_FOUR)


def _name(name: str) -> Iterator[str]:
    parts = name.replace(",", " ").split()
    for spelling in {tuple(parts), tuple(_plain(part) for part in parts)}:
        if len(spelling) > 1:
            yield _loose(list(spelling))
            yield _loose(list(reversed(spelling)))
        for word in (word.strip(".") for word in spelling):
            if len(word) < 2:
                continue
            if word.casefold() in COMMON_WORDS:
                yield rf"(?-i:(?<=[a-z,] ){re.escape(word[0].upper() + word[1:].lower())})"
            else:
                yield re.escape(word)


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(character for character in decomposed if not unicodedata.combining(character))
