"""Whether the best hit answers, only resembles, or misses the question."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.passage import Hit
from kb.ranking import Ranked

#: Weights and thresholds, chosen on the calibrating half of tests/kb/questions.yaml by `firstcontact kb calibrate`.
#: Other articles need their own.
MEANING, TOKENS, UNMET, BIAS = 4.76, 12.99, 0.83, -11.39
ANSWER_FROM = 0.34
SUGGEST_FROM = 0.24
#: Words without a like beyond this many tell no more.
_MOST_UNMET = 6


class SearchVerdict(StrEnum):
    """What a search found."""

    #: The first hit answers the question.
    ANSWER = "answer"
    #: The hits are near the question; the customer chooses.
    SUGGEST = "suggest"
    #: Nothing here is about the question.
    NONE = "none"


@dataclass(frozen=True)
class SearchResult:
    """What was found, the best first. With the verdict none the hits are for records, not for saying."""

    verdict: SearchVerdict
    confidence: float
    hits: tuple[Hit, ...]


def judged(found: Sequence[Ranked]) -> SearchResult:
    """Return the hits with the verdict that the best one's signs allow."""
    hits = tuple(one.hit for one in found)
    confidence = confidence_of(found[0].signs) if found else 0.0
    return SearchResult(verdict_of(confidence), confidence, hits)


def evidence(signs: Mapping[str, float]) -> tuple[float, float, float]:
    """Return what confidence rests on: the nearest meaning, how well the words are met, and how many are not.

    The last counts in favour: the more a question says, the lower its likenesses are even to its own answer.
    """
    meaning = max(signs[name] for name in ("whole", "chunk", "question", "sentence"))
    return meaning, signs["tokens"], min(signs["unmet"], _MOST_UNMET)


def confidence_of(signs: Mapping[str, float]) -> float:
    """Return how likely it is that a passage with these signs answers, from 0 to 1."""
    meaning, tokens, unmet = evidence(signs)
    return 1 / (1 + math.exp(-(MEANING * meaning + TOKENS * tokens + UNMET * unmet + BIAS)))


def verdict_of(confidence: float) -> SearchVerdict:
    """Return what may be said at this confidence."""
    if confidence >= ANSWER_FROM:
        return SearchVerdict.ANSWER
    return SearchVerdict.SUGGEST if confidence >= SUGGEST_FROM else SearchVerdict.NONE
