"""How rare each stem is in a collection, and BM25, which weighs shared words by it."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: The usual values: how soon a word's repetition stops counting, and how much length is held against a passage.
_SATURATION, _LENGTH = 1.2, 0.75


@dataclass(frozen=True)
class Lexicon:
    """A collection's words: in how many passages each stem stands."""

    passages: int
    mean_length: float  # in stems
    standing_in: Mapping[str, int]

    @classmethod
    def of(cls, passages: Iterable[Sequence[str]]) -> "Lexicon":
        """Count the stems of passages."""
        count, length, standing_in = 0, 0, Counter[str]()
        for stems in passages:
            count, length = count + 1, length + len(stems)
            standing_in.update(set(stems))
        return cls(count, length / count if count else 0.0, standing_in)

    def rarity(self, stem: str) -> float:
        """Return the weight of a stem, the larger the rarer."""
        known = self.standing_in.get(stem, 0)
        return math.log(1 + (self.passages - known + 0.5) / (known + 0.5))

    def bm25(self, asked: Iterable[str], stems: Sequence[str]) -> float:
        """Return how much a passage's stems answer to those asked for."""
        wanted = set(asked)
        held = Counter(stem for stem in stems if stem in wanted)
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * len(stems) / (self.mean_length or 1))
        return sum(self.rarity(stem) * n * (_SATURATION + 1) / (n + norm) for stem, n in held.items())

    def dumps(self) -> str:
        """Return it as JSON."""
        return json.dumps([self.passages, self.mean_length, self.standing_in])

    @classmethod
    def loads(cls, written: str) -> "Lexicon":
        """Read what `dumps` wrote."""
        return cls(*json.loads(written))
