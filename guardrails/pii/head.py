"""The tag head: token states and shapes to the probability of each label, in numpy."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from guardrails.pii.shape import Matrix

WEIGHTS = Path(__file__).parent / "weights" / "head.npz"
#: How many tokens to each side one convolution sees.
REACH = 2


@dataclass(frozen=True)
class Head:
    """Two convolutions over normalized states; trained by `firstcontact train tagger`."""

    labels: tuple[str, ...]  # "O", then "B-PERSON", "I-PERSON" and so on
    weights: dict[str, Matrix]

    def __call__(self, states: Matrix, shape: Matrix) -> Matrix:
        """Return (tokens, labels) probabilities for (tokens, 3 x 384) states and (tokens, WIDTH) shapes."""
        w = self.weights
        centred = states - states.mean(1, keepdims=True)
        normal = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
        x = np.maximum(normal @ w["states"] + shape @ w["shape"] + w["bias"], 0)
        for layer in ("first", "second"):
            x = np.maximum(_convolved(x, w[f"{layer}"], w[f"{layer}_bias"]), 0) + x
        return _softmax(x @ w["out"] + w["out_bias"])


def load_head(path: Path = WEIGHTS) -> Head:
    """Return the committed head; half precision on disk, single in memory."""
    with np.load(path) as kept:
        labels = json.loads(str(kept["labels"]))
        weights = {name: kept[name].astype(np.float32) for name in kept.files if name != "labels"}
    return Head(tuple(labels), weights)


def save_head(head: Head, path: Path) -> None:
    """Write the head in half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small: dict[str, Any] = {name: weight.astype(np.float16) for name, weight in head.weights.items()}
    np.savez_compressed(path, labels=np.array(json.dumps(head.labels)), **small)


def _convolved(x: Matrix, kernel: Matrix, bias: Matrix) -> Matrix:
    """Slide a (2 x REACH + 1, in, out) kernel over the tokens."""
    padded = np.pad(x, ((REACH, REACH), (0, 0)))
    total = np.broadcast_to(bias, (len(x), len(bias))).astype(np.float32)
    for place in range(2 * REACH + 1):
        total += padded[place : place + len(x)] @ kernel[place]
    return total


def _softmax(scores: Matrix) -> Matrix:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    share: Matrix = raised / raised.sum(1, keepdims=True)
    return share
