"""A passage read once, at build time, so that a search need not read it again."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.encoder import DIMENSIONS, RECIPE, Encoder, Reading, Vector
from kb.passage import Passage
from kb.words import stems

#: Raised whenever what is kept below changes, so that passages studied before it are studied again.
_METHOD = "2"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
#: Characters that one pass of the encoder takes in whole, with a title before them.
_CHUNK = 900
#: A shorter sentence says too little alone and is read with the next one.
_SENTENCE = 60
#: Token states kept of a passage; some 4,000 characters.
_TOKENS = 1024

Bytes = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Study:
    """What one passage means. Directions in eight bits: 127 is 1."""

    vector: Vector  # (384,), length 1: the whole passage
    question: Vector  # (384,), length 1: its heading or title
    chunks: Bytes  # (n, 384)
    sentences: Bytes  # (n, 384)
    tokens: Bytes  # (n, 384): the last layer's states
    stems: tuple[str, ...]


def content_key(passage: Passage) -> str:
    """Return what changes when the passage has to be studied again: a SHA-256 of its words."""
    words = f"{RECIPE}\x1f{_METHOD}\x1f{passage.title}\x1f{passage.heading}\x1f{passage.text}"
    return hashlib.sha256(words.encode()).hexdigest()


def study(passage: Passage, encoder: Encoder) -> Study:
    """Read a passage whole, in chunks, by sentence and by token."""
    about = ". ".join(part for part in (passage.title, passage.heading) if part)
    read = encoder.read_once
    chunks = [read(f"{about}. {chunk}" if about else chunk) for chunk in _joined(passage.text, _CHUNK)]
    vectors = np.stack([chunk.vector for chunk in chunks])
    question = read(passage.question).vector if passage.question else _unit(vectors.mean(axis=0))
    return Study(
        vector=_unit(vectors.mean(axis=0)),
        question=question,
        chunks=eight_bits(vectors),
        sentences=eight_bits(np.stack([read(one).vector for one in _joined(passage.text, _SENTENCE, grow=True)])),
        tokens=eight_bits(np.concatenate([token_states(chunk) for chunk in chunks])[:_TOKENS]),
        stems=tuple(stems(f"{about} {passage.text}")),
    )


def token_states(reading: Reading) -> Vector:
    """Return the last layer's state of each word piece, length 1; the marks at both ends are left out."""
    states = reading.layers[-1][1:-1] if len(reading.offsets) > 2 else reading.layers[-1]
    return np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True), np.float32)


def eight_bits(vectors: Vector) -> Bytes:
    """Return directions of length 1 in eight bits each."""
    return np.round(vectors * 127).astype(np.int8).reshape(-1, DIMENSIONS)


def _joined(text: str, size: int, *, grow: bool = False) -> Sequence[str]:
    return list(_pieces(text, size, grow=grow)) or [text]


def _pieces(text: str, size: int, *, grow: bool) -> Iterator[str]:
    """Yield neighbouring sentences together: as many as fit the size, or with `grow` only until the size is reached."""
    held = ""
    for sentence in _SENTENCE_END.split(text):
        full = len(held) >= size if grow else len(held) + len(sentence) > size
        if held and full:
            yield held
            held = ""
        held = f"{held} {sentence}".strip()
    if held:
        yield held


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
