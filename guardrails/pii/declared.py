"""The company's own numbers: they survive redaction, everything else that looks like an id does not."""

import re
from collections.abc import Iterable, Sequence

from guardrails.pii.span import SURE, Kind, Span, cut

ORDER_PATTERN = r"\b1\d{3}\b"
#: Our own ids: receipt, ticket, conversation, customer and other records, log cursors, articles, UUIDs.
ID_PATTERNS = (
    r"\b(?:[CRT]|RET|ENG)-\d{1,9}\b",
    r"\b(?:cnv|cus|case|ofr|apr|vis|opr|ord|itm|sub|pay|inc|rcp|key)-[a-z0-9]{1,40}\b",
    r"\b\d{13}-\d{1,9}\b",
    r"\b(?:POL|ART|MAC|KB|INC)-[A-Z0-9-]{1,40}\b",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
)
#: When an article came into force or was read again; our notes say it after its title.
_DATED = r"\b(?:effective|reviewed) 20\d{2}-\d{2}-\d{2}\b"
#: What only we write: when a note was made, the dates of its policy, a day in a reply, a receipt, the desk's link.
#: A guess that reaches into one of them stops before it.
_WRITTEN = re.compile(
    rf"\b20\d\d-\d\d-\d\d \d\d:\d\d UTC(?: · \w+|(?=\n))|{_DATED}|"
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{1,2}\b|"
    r"\b(?:[CRT]|RET|ENG)-\d{1,9}\b|\b[A-Z]\w+ ••\d{4}\b|(?<=Transcript: )/desk#cnv-[a-z0-9]{1,40}"
)
#: A number of these kinds may hold what looks like an order number, and stays whole.
_WHOLE = (Kind.ADDRESS, Kind.CARD, Kind.PHONE, Kind.IBAN, Kind.NATIONAL_ID, Kind.BIRTHDATE, Kind.EMAIL, Kind.IP)
#: Nothing but numbers: once the declared one is spared, no personal word is left over.
_NUMBERS = (Kind.ACCOUNT, Kind.ZIP, Kind.PARTIAL_ID, Kind.SECRET)
_SAID = re.compile(
    r"(?i)\b(?:ssn|social|last (?:4|four)|ending|ends in|pin|otp|passcode|pass ?word|pw|pwd|zip(?: ?code)?|post ?code|"
    r"postal code|pin ?code|cvv|cvc|account|acct|a/?c)\b(?:(?!\border\b)\W+\w+){0,4}\W*$"
)


#: What the customer calls an order or a bill is declared by the word, mistyped or another shop's. A card is a card.
_NAMED = re.compile(
    r"(?i)\b(?:order|purchase|invoice|bill|receipt)s?(?:\s(?:number|no|num|nr|id)\b)?\.?(?:\s(?:is|was)\b)?[\s:#-]{0,3}"
    r"(?P<id>\d{3,15})(?![\w-]|[ .]\d)"
)
_NEVER_NAMED = (Kind.CARD, Kind.IBAN, Kind.NATIONAL_ID)


class Declared:
    """Tells the company's numbers and titles from others; `named` takes the customer's word for an order number."""

    def __init__(self, patterns: Sequence[str], *, titles: Iterable[str] = (), named: bool = True) -> None:
        longest = sorted(titles, key=len, reverse=True)
        self._titles = re.compile("|".join([_DATED, *(rf"(?<!\w){re.escape(title)}(?!\w)" for title in longest)]))
        self._ours = re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
        self._named = named

    def spare(self, text: str, spans: Sequence[Span]) -> list[Span]:
        """Return the spans without what the company declared, unless the text says that it is something else."""
        ours = [Span(*match.span(), Kind.ACCOUNT) for match in self._ours.finditer(text)] if self._ours else []
        ours = [own for own in ours if not _SAID.search(text[max(0, own.start - 60) : own.start])]
        ours += [Span(*match.span(), Kind.ACCOUNT) for match in self._titles.finditer(text)]
        written = [Span(*match.span(), Kind.ACCOUNT) for match in _WRITTEN.finditer(text)] if self._ours else []
        spans = [left for span in spans for left in ([span] if span.weight >= SURE else cut(text, span, written))]
        named = [Span(*match.span("id"), Kind.ACCOUNT) for match in _NAMED.finditer(text)] if self._named else []
        return [
            left
            for span in spans
            for left in _spared(text, span, ours if span.kind in _NEVER_NAMED else [*ours, *named])
        ]


def _spared(text: str, span: Span, ours: Sequence[Span]) -> list[Span]:
    # What lies wholly inside an id survives; a card number that happens to hold an order number does not.
    if any(own.start <= span.start and span.end <= own.end for own in ours):
        return []
    if span.weight >= SURE or span.kind in _WHOLE:
        return [span]
    inside = [own for own in ours if span.start <= own.start and own.end <= span.end]
    left = cut(text, span, inside)
    if inside and span.kind in _NUMBERS:
        return [part for part in left if any(map(str.isdigit, text[part.start : part.end]))]
    return left
