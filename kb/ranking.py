"""Candidates into hits in order: seven signs of fit, put on one scale among the candidates and weighed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.article import ArticleKind
from kb.encoder import Reading, Vector
from kb.lexicon import Lexicon
from kb.passage import Hit, Passage
from kb.study import Study, token_states
from kb.words import stems

Scores = NDArray[np.float64]

#: How much each sign counts, in standard deviations among the candidates. Chosen on the tuning halves of the
#: development sets (`firstcontact eval retrieval` reports on the other halves); words are weighed by `_words_weight`.
_WEIGHTS = {"whole": 1.4, "chunk": 0.15, "question": 0.2, "sentence": 0.3, "tokens": 1.0}
#: A short message's meaning is one vector; a long one's is a blur, so there its words count more.
_WORDS_SHORT, _WORDS_LONG = 0.3, 1.0
_SHORT, _LONG = 10, 30  # stems
#: How much a policy is preferred to an article that fits as well.
_POLICY = 0.05
#: What "the" and a full stop weigh beside rarities, which reach from 0 to some 7.
_SILENT_RARITY = 0.3
#: From this likeness on a word of the question is met.
_MET = 0.65


@dataclass(frozen=True)
class Asked:
    """A question as it is searched for."""

    words: str
    reading: Reading
    stems: tuple[str, ...]

    @classmethod
    def of(cls, words: str, reading: Reading) -> "Asked":
        """Return a question with its stems, each once, in order."""
        return cls(words, reading, tuple(dict.fromkeys(stems(words))))


@dataclass(frozen=True)
class Candidate:
    """A passage that a store found, with what is known of it."""

    passage: Passage
    study: Study


@dataclass(frozen=True)
class Ranked:
    """A hit with the raw signs that put it there, which confidence is judged by."""

    hit: Hit
    signs: Mapping[str, float]


def ranked(asked: Asked, candidates: Sequence[Candidate], lexicon: Lexicon) -> list[Ranked]:
    """Return the candidates as hits, the best first."""
    if not candidates:
        return []
    signs = _signs(asked, candidates, lexicon)
    weights = {**_WEIGHTS, "words": _words_weight(len(asked.stems))}
    fit = sum((weight * _standardized(signs[name]) for name, weight in weights.items()), np.zeros(len(candidates)))
    fit += [_POLICY if one.passage.kind is ArticleKind.POLICY else 0.0 for one in candidates]
    order = np.argsort(-fit, kind="stable")
    return [_ranked(candidates[place], place, float(fit[place]), signs) for place in order]


def _ranked(candidate: Candidate, place: int, fit: float, signs: Mapping[str, Scores]) -> Ranked:
    return Ranked(Hit.of(candidate.passage, round(fit, 4)), {name: float(sign[place]) for name, sign in signs.items()})


def _signs(asked: Asked, candidates: Sequence[Candidate], lexicon: Lexicon) -> dict[str, Scores]:
    vector, known = asked.reading.vector, [one.study for one in candidates]
    matches = _best_of([one.tokens for one in known], token_states(asked.reading).T)
    words = _words_of(asked)
    return {
        "whole": np.array([float(one.vector @ vector) for one in known]),
        "question": np.array([float(one.question @ vector) for one in known]),
        "chunk": _best_of([one.chunks for one in known], vector[:, None])[:, 0],
        "sentence": _best_of([one.sentences for one in known], vector[:, None])[:, 0],
        "tokens": matches @ _token_weights(words, lexicon),
        "unmet": _unmet(words, matches),
        "words": np.array([lexicon.bm25(asked.stems, one.stems) for one in known]),
    }


def _words_of(asked: Asked) -> list[str]:
    """Return for each word piece of the question the stem of its word; nothing for silent words and marks."""
    spans = asked.reading.offsets[1:-1] or asked.reading.offsets
    found = [stems(_word_around(asked.words, start, end)) for start, end in spans]
    return [one[0] if one else "" for one in found]


def _unmet(words: Sequence[str], matches: Scores) -> Scores:
    """Count for each passage the question's words that find nothing like them there."""
    pieces: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        if word:
            pieces.setdefault(word, []).append(place)
    if not pieces:
        return np.zeros(len(matches))
    likeness = np.stack([matches[:, places].mean(axis=1) for places in pieces.values()])
    return np.asarray((likeness < _MET).sum(axis=0), np.float64)


def _best_of(parts: Sequence[NDArray[np.int8]], asked: Vector) -> Scores:
    """Return for each passage the cosine of its best part with each asked vector: (passages, asked)."""
    starts = np.cumsum([0, *(len(one) for one in parts[:-1])])
    cosines = np.concatenate(parts).astype(np.float32) @ asked / 127
    return np.asarray(np.maximum.reduceat(cosines, starts, axis=0), np.float64)


def _token_weights(words: Sequence[str], lexicon: Lexicon) -> Scores:
    """Weigh each word piece of the question, half of it evenly and half by its word's rarity; the sum is 1."""
    rarity = np.array([lexicon.rarity(word) if word else _SILENT_RARITY for word in words])
    return np.asarray(0.5 / len(words) + 0.5 * rarity / rarity.sum(), np.float64)


def _word_around(text: str, start: int, end: int) -> str:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]


def _words_weight(count: int) -> float:
    return float(np.interp(count, (_SHORT, _LONG), (_WORDS_SHORT, _WORDS_LONG)))


def _standardized(sign: Scores) -> Scores:
    spread = sign.std()
    return (sign - sign.mean()) / spread if spread > 1e-9 else np.zeros_like(sign)
