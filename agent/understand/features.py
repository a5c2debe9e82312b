"""What the intent head sees of a text: pooled states of the encoder's one pass, and hashed words."""

import re
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kb.encoder import Reading

Floats = NDArray[np.float32]

#: How much the lower layers weigh beside the last: they keep the spelling, the last keeps the meaning.
_LAYER_WEIGHTS = (0.5, 0.5, 1.0)
#: Buckets that word features are hashed into.
BUCKETS = 1 << 14
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][a-z]+)?|\d+|[^\w\s]")


def pooled(reading: Reading, start: int, end: int) -> Floats:
    """Return the mean state of the tokens between two places of the text, layer beside layer, (1152,)."""
    inside = [place for place, (first, last) in enumerate(reading.offsets) if first < last and start <= first < end]
    # A text of nothing but marks the tokenizer drops still has its two end marks.
    places = inside or list(range(len(reading.offsets)))
    means = [states[places].mean(axis=0) for states in reading.layers]
    parts = [
        weight * mean / max(float(np.linalg.norm(mean)), 1e-6)
        for weight, mean in zip(_LAYER_WEIGHTS, means, strict=True)
    ]
    return np.concatenate(parts).astype(np.float32)


def words(text: str) -> dict[int, float]:
    """Return the buckets of the text's words and word pairs with their damped counts; every number is one word."""
    tokens = ["0" if token.isdigit() else token for token in _TOKEN.findall(text.lower())]
    pairs = [f"{left} {right}" for left, right in zip(["^", *tokens], [*tokens, "$"], strict=True)]
    counts: dict[int, int] = {}
    for feature in (*tokens, *pairs):
        bucket = crc32(feature.encode()) % BUCKETS
        counts[bucket] = counts.get(bucket, 0) + 1
    return {bucket: 1.0 + float(np.log(count)) for bucket, count in counts.items()}
