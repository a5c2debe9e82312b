"""The intent head: two logistic regressions, one on the encoder's states and one on words, whose shares are blended.

Fitted from examples in seconds and cached by their content; serving needs numpy only.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.understand.examples import prototypes
from agent.understand.features import BUCKETS, Floats, pooled, words
from agent.understand.tidy import Speller, tidy, where_it_begins
from kb.encoder import Encoder

OUT_OF_SCOPE = "out_of_scope"
#: Raised whenever features or fitting change, so that heads fitted before are fitted anew.
RECIPE = "6"
#: The share of the states' verdict beside the words'; chosen by cross-validation, as the regularisations below.
_STATES = 0.6
_STATES_C, _WORDS_C = 30.0, 20.0
#: How many examples a phrase of a description counts as.
PROTOTYPE = 3.0


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a text may mean."""

    #: Each meaning's share, best first; of one clause they sum to 1.
    shares: dict[str, float]
    #: Cosine to the middle of the nearest meaning's examples, 0 to 1.
    nearness: float
    #: From 0, surely something we know, to 1.
    out_of_scope: float

    @property
    def best(self) -> tuple[str, float]:
        """Return the likeliest meaning and its share."""
        return next(iter(self.shares.items()))

    @property
    def confidence(self) -> float:
        """Return the best share; where out of scope is no meaning of its own, weighed by how near its examples are."""
        share = self.best[1]
        return share if OUT_OF_SCOPE in self.shares else share * max(0.0, self.nearness)


@dataclass(frozen=True, kw_only=True)
class Head:
    """A fitted head; `states` is (meanings, 1153), the last column the bias, and `by_word` (meanings, buckets + 1)."""

    intents: tuple[str, ...]
    states: Floats
    by_word: Floats
    rarity: Floats  # (buckets,): inverse document frequency
    middles: Floats  # (meanings, 1152), length 1: the mean of each meaning's examples
    spellings: tuple[str, ...]
    encoder: Encoder

    def scores(self, text: str) -> Scores:
        """Return what a whole text means."""
        tidied = self.tidied(text)
        return self.score_part(tidied, 0, len(tidied))

    def tidied(self, text: str) -> str:
        """Return the text as the head reads it."""
        return tidy(text, self._speller)

    def score_part(self, tidied: str, start: int, end: int) -> Scores:
        """Return what a part of a tidied text means; the encoder reads the whole text once."""
        begins = start + where_it_begins(tidied[start:end])
        vector = pooled(self.encoder.read(tidied), begins, end)
        shares = _STATES * _softmax(self.states[:, :-1] @ vector + self.states[:, -1])
        shares += (1 - _STATES) * _softmax(self._word_logits(tidied[start:end]))
        nearness = float((self.middles @ (vector / np.linalg.norm(vector))).max())
        order = np.argsort(-shares)
        ranked = {self.intents[place]: float(shares[place]) for place in order}
        known = ranked.get(OUT_OF_SCOPE)
        foreign = known if known is not None else 1 - next(iter(ranked.values())) * max(0.0, nearness)
        return Scores(shares=ranked, nearness=nearness, out_of_scope=foreign)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.spellings, self.encoder.lexicon)

    def _word_logits(self, text: str) -> Floats:
        found = words(text)
        buckets = np.fromiter(found, np.int64, len(found))
        values = np.fromiter(found.values(), np.float32, len(found)) * self.rarity[buckets]
        values /= max(float(np.linalg.norm(values)), 1e-6)
        logits: Floats = self.by_word[:, buckets] @ values + self.by_word[:, -1]
        return logits


def load_or_fit(examples: Mapping[str, Sequence[str]], encoder: Encoder, folder: Path) -> Head:
    """Return the head of these examples, fitted if it was never fitted before; nothing in it is random."""
    learnt = sorted((meaning, [*texts], prototypes([meaning])[meaning]) for meaning, texts in examples.items())
    content = json.dumps([RECIPE, learnt])
    path = folder / f"head-{hashlib.sha256(content.encode()).hexdigest()[:16]}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Head(
                intents=tuple(str(one) for one in kept["intents"]),
                states=kept["states"],
                by_word=kept["by_word"].astype(np.float32),
                rarity=kept["rarity"],
                middles=kept["middles"],
                spellings=tuple(str(one) for one in kept["spellings"]),
                encoder=encoder,
            )
    head = fit(examples, encoder)
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".tmp.npz")
    np.savez(
        partial,
        intents=np.array(head.intents),
        states=head.states,
        by_word=head.by_word.astype(np.float16),
        rarity=head.rarity,
        middles=head.middles,
        spellings=np.array(head.spellings, dtype=np.str_),
    )
    partial.rename(path)
    return head


def fit(examples: Mapping[str, Sequence[str]], encoder: Encoder) -> Head:
    """Fit a head to the examples of each meaning, and to the phrases that say what it is about."""
    about = prototypes(examples)
    pairs = [(meaning, text) for meaning in sorted(examples) for text in (*about[meaning], *examples[meaning])]
    weights = np.array(
        [PROTOTYPE if place < len(about[one]) else 1.0 for one in sorted(examples)
         for place in range(len(about[one]) + len(examples[one]))]
    )  # fmt: skip
    speller = Speller.of((text for _, text in pairs), encoder.lexicon)
    tidied = [tidy(text, speller) for _, text in pairs]
    labels = np.array([meaning for meaning, _ in pairs])
    vectors = np.stack([pooled(encoder.read(text), where_it_begins(text), len(text)) for text in tidied])
    intents, states = _regress(vectors, labels, weights, _STATES_C)
    rarity, counts = _weighted([words(text) for text in tidied])
    # What occurs once tells nothing, and leaving it out makes the fit three times as fast.
    common = np.flatnonzero(np.bincount(counts.indices, minlength=BUCKETS) > 1)
    _, by_common = _regress(counts[:, common], labels, weights, _WORDS_C)
    by_word = np.zeros((len(intents), BUCKETS + 1), np.float32)
    by_word[:, [*common, BUCKETS]] = by_common
    middles = np.stack([vectors[labels == one].mean(axis=0) for one in intents])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    return Head(
        intents=intents,
        states=states,
        by_word=by_word,
        rarity=rarity,
        middles=middles.astype(np.float32),
        spellings=speller.words,
        encoder=encoder,
    )


def _weighted(found: Sequence[Mapping[int, float]]) -> tuple[Floats, Any]:
    """Return each bucket's rarity, and the texts as rows of length 1."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  # fitting only, as below

    often = np.zeros(BUCKETS)
    for one in found:
        often[list(one)] += 1
    rarity = (np.log((1 + len(found)) / (1 + often)) + 1).astype(np.float32)
    ends = np.cumsum([0, *(len(one) for one in found)])
    buckets = np.array([bucket for one in found for bucket in one])
    values = np.array([value for one in found for value in one.values()]) * rarity[buckets]
    rows = csr_matrix((values, buckets, ends), shape=(len(found), BUCKETS))
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    return rarity, rows.multiply(1 / np.maximum(lengths, 1e-6)[:, None]).tocsr()


def _regress(
    rows: Any, labels: NDArray[np.str_], counts: NDArray[np.float64], strength: float
) -> tuple[tuple[str, ...], Floats]:
    """Return the meanings and, for each, the weights with the bias behind them."""
    # scikit-learn takes seconds to import and serving never needs it.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    fitted = LogisticRegression(C=strength, max_iter=300).fit(rows, labels, sample_weight=counts)
    weights, biases = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # one row stands for both
        weights, biases = np.vstack([-weights, weights]) / 2, np.array([-biases[0], biases[0]]) / 2
    together = np.hstack([weights, biases[:, None]]).astype(np.float32)
    return tuple(str(one) for one in fitted.classes_), together


def _softmax(logits: Floats) -> Floats:
    odds = np.exp(logits - logits.max())
    shares: Floats = odds / odds.sum()
    return shares
