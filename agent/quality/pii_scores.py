"""Redaction against labelled text: what is found, what is covered, what is touched for nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from guardrails.pii.redact import Redactor
from guardrails.pii.span import Kind, Span

#: Our kinds under the names that labelled sets use.
TYPES = {kind: kind.value for kind in Kind} | {
    Kind.CARD: "CREDIT_CARD",
    Kind.ACCOUNT: "ACCOUNT_ID",
    Kind.NATIONAL_ID: "US_SSN",
    Kind.BIRTHDATE: "DATE_OF_BIRTH",
    Kind.SECRET: "PASSWORD",
}
#: What must never leave; the rest is reported beside it.
PROMISED = ("PERSON", "ADDRESS", "LOCATION", "EMAIL", "PHONE", "US_SSN", "CREDIT_CARD")
_SAME_PLACE = 0.5
_COVERED = 0.9


@dataclass(frozen=True)
class Labelled:
    """One message with what others found in it, and the question it answers, if known."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    question: str = ""


@dataclass
class Count:
    """Tallies for one type."""

    gold: int = 0
    found: int = 0
    covered: int = 0
    claimed: int = 0
    right: int = 0

    def figures(self) -> dict[str, float | int | None]:
        """Return recall, precision, F2 and covered share; None where there is nothing to divide by."""
        recall, precision = _share(self.found, self.gold), _share(self.right, self.claimed)
        f2 = None
        if recall is not None and precision is not None:
            f2 = round(5 * recall * precision / (4 * precision + recall), 4) if recall + precision else 0.0
        covered = _share(self.covered, self.gold)
        return {"gold": self.gold, "recall": recall, "precision": precision, "f2": f2, "covered": covered}


@dataclass
class Report:
    """What a redactor made of labelled messages."""

    types: dict[str, Count] = field(default_factory=dict)
    clean: int = 0  # messages that hold nothing personal by their labels
    touched: list[str] = field(default_factory=list)  # those of them in which something was masked

    def promised(self) -> Count:
        """Return the tallies of the promised types together."""
        total = Count()
        for name in PROMISED:
            for part, value in vars(self.types.get(name, Count())).items():
                setattr(total, part, getattr(total, part) + value)
        return total

    def as_dict(self) -> dict[str, Any]:
        """Return every figure as plain values."""
        return {
            "types": {name: count.figures() for name, count in sorted(self.types.items())},
            "promised": self.promised().figures(),
            "clean_messages": self.clean,
            "false_alarms": len(self.touched),
            "false_alarm_share": _share(len(self.touched), self.clean),
        }


def read_labelled(rows: Iterable[dict[str, Any]], half: str = "") -> Iterator[Labelled]:
    """Yield the rows, all or one half of their groups: "tuning" may be looked at, "reported" only measured."""
    for row in rows:
        if half and half != half_of(str(row.get("group", row["text"]))):
            continue
        spans = tuple((span["start"], span["end"], span["type"]) for span in row.get("spans", ()))
        yield Labelled(row["text"], spans, row.get("question") or "")


def half_of(group: str) -> str:
    """Return the half that a group of rows belongs to, by its hash alone."""
    return "reported" if int(sha256(group.encode()).hexdigest(), 16) % 2 else "tuning"


def score(messages: Iterable[Labelled], redactor: Redactor) -> Report:
    """Redact every message and compare."""
    report = Report()
    for message in messages:
        spans = redactor.redact(message.text, question=message.question).spans
        if not message.spans:
            report.clean += 1
            if spans:
                report.touched.append(message.text)
        _tally(report.types, message, spans)
    return report


def _tally(types: dict[str, Count], message: Labelled, spans: Sequence[Span]) -> None:
    masked = {place for span in spans for place in range(span.start, span.end)}
    claims = [(span.start, span.end, TYPES[span.kind]) for span in spans]
    for start, end, name in message.spans:
        count = types.setdefault(name, Count())
        seen = [place for place in range(start, end) if not message.text[place].isspace()]
        count.gold += 1
        count.found += any(_same((start, end, name), claim) for claim in claims)
        count.covered += sum(place in masked for place in seen) >= _COVERED * len(seen)
    used = Counter(name for _, _, name in claims)
    for name, claimed in used.items():
        count = types.setdefault(name, Count())
        count.claimed += claimed
    for claim in claims:
        types[claim[2]].right += any(_same(gold, claim) for gold in message.spans)


def _same(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return one[2] == other[2] and shared >= _SAME_PLACE * (max(one[1], other[1]) - min(one[0], other[0]))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
