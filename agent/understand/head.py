"""The intent head: a logistic regression on the encoder's vector, fitted from examples and cached by their content."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class Head:
    """Weights of shape (intents, 384), one bias an intent."""

    intents: tuple[str, ...]
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]

    def scores(self, vector: NDArray[np.float32]) -> dict[str, float]:
        """Return each intent's share, best first; the shares sum to 1."""
        logits = self.weights @ vector + self.biases
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        order = np.argsort(-shares)
        return {self.intents[place]: float(shares[place]) for place in order}


def load_or_fit(examples: Mapping[str, Sequence[str]], encode: Encode, folder: Path) -> Head:
    """Return the head of these examples, fitted if it was never fitted before; the seed is fixed."""
    content = json.dumps(sorted((intent, list(texts)) for intent, texts in examples.items()))
    path = folder / f"head-{hashlib.sha256(content.encode()).hexdigest()[:16]}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Head(tuple(str(one) for one in kept["intents"]), kept["weights"], kept["biases"])
    head = _fit(examples, encode)
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".tmp.npz")
    np.savez(partial, intents=np.array(head.intents), weights=head.weights, biases=head.biases)
    partial.rename(path)
    return head


def _fit(examples: Mapping[str, Sequence[str]], encode: Encode) -> Head:
    # scikit-learn takes seconds to import and serving never needs it.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    texts = [text for intent in examples for text in examples[intent]]
    labels = [intent for intent in examples for _ in examples[intent]]
    fitted = LogisticRegression(C=30, max_iter=2000, class_weight="balanced", random_state=0).fit(encode(texts), labels)
    return Head(
        tuple(str(one) for one in fitted.classes_),
        fitted.coef_.astype(np.float32),
        fitted.intercept_.astype(np.float32),
    )
