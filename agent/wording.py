"""A sentence with its facts taken out, so that a model can reword it without ever seeing or writing one."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guardrails.pii.span import Kind, Span, settle

_BREAK = re.compile(r"(?<=[.!?…]) (?=[^\sa-zß-ÿ])")
_FACTS = (
    ("quote", re.compile(r"“[^”]*”|\"[^\"]*\"")),
    ("money", re.compile(r"[$€£¥]\s?\d[\d.,]*\d|[$€£¥]\s?\d|\d[\d.,]*\s?[$€£¥]")),
    ("name", re.compile(r"\S*[•@/<>{}|`\\*_#\[\]]\S*(?<![.,;:!?])")),
    ("number", re.compile(r"[^\s,.;:?!()]*\d(?:[^\s;:?!()]*[^\s,.;:?!()])?")),
    # A capital inside a sentence is a name, or in German a noun: neither may change.
    (
        "name",
        re.compile(r"(?<=[^\s.!?…“\"(] )(?!I\b)[^\W\d_a-zäöüßàâçéèêëîïôûùáíñóú][\w’'-]*(?: [^\W\d_a-z][\w’'-]*)*"),
    ),
    ("name", re.compile(r"\b[A-ZÄÖÜ]{2,}\b")),
)
_DAY = re.compile(r"\w{2,4}\.?,? (?:\d{1,2}\.? \w{3,5}\.?|\w{3,5}\.? \d{1,2})")


@dataclass(frozen=True)
class Skeleton:
    """A sentence with slots, and what stands in each."""

    text: str
    values: dict[str, str]

    def filled(self, reworded: str) -> str:
        """Return reworded text with every slot's value in its place."""
        return re.sub(r"\{[a-z]+\d+\}", lambda slot: self.values.get(slot.group(), slot.group()), reworded)


def sentences(words: str) -> list[str]:
    """Return the sentences of a text; joined by spaces they are the text again."""
    return _BREAK.split(words)


def skeleton(sentence: str, facts: Iterable[str], personal: Sequence[Span] = ()) -> Skeleton:
    """Return the sentence with its facts as slots: what the evidence holds, what is personal, what looks like one."""
    found = [(span.start, span.end, "name") for span in personal]
    for fact in facts:
        found += [(match.start(), match.end(), _kind(fact)) for match in re.finditer(re.escape(fact), sentence)]
    for kind, pattern in _FACTS:
        found += [(match.start(), match.end(), kind) for match in pattern.finditer(sentence)]
    spans = settle(sentence, [Span(start, end, Kind.SECRET, end - start) for start, end, _ in found])
    kinds = {(start, end): kind for start, end, kind in reversed(found)}
    counts, parts, values, end = Counter[str](), [], {}, 0
    for span in spans:
        kind = kinds.get((span.start, span.end), "fact")
        counts[kind] += 1
        slot = f"{{{kind}{counts[kind]}}}"
        values[slot] = sentence[span.start : span.end]
        parts += [sentence[end : span.start], slot]
        end = span.end
    return Skeleton("".join([*parts, sentence[end:]]), values)


def _kind(fact: str) -> str:
    if re.search(r"[$€£¥]", fact):
        return "money"
    if _DAY.fullmatch(fact):
        return "date"
    return "number" if fact.isdigit() else "name"
