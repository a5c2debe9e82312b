"""A search at 1,000, 20,000 and 200,000 passages: made-up ones, since nobody has that many articles to lend."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np

from agent.quality.bench import Figure
from kb.encoder import DIMENSIONS, Encoder, Vector, build_encoder
from kb.lance import LanceShelf
from kb.passage import Passage, Reader
from kb.ranking import Asked, ranked
from kb.shelf import INDEXED_FROM, Row
from kb.study import Study, eight_bits

SIZES = (1_000, 20_000, 200_000)
#: Queries timed and compared; the first few only warm up.
_QUERIES, _WARM = 120, 20
_WORDS, _LENGTH, _TOPICS = 20_000, 30, 400
#: Tokens kept of each made-up passage; a real one of a hundred words has some 130.
_TOKENS = 24
_DAY = Reader(on=date(2026, 11, 23))


def bench(home: Path) -> Sequence[Figure]:
    """Time whole searches over clustered random vectors and words drawn by Zipf's law; compare with a full scan."""
    build_encoder(home / "encoder", lambda _: None)
    encoder = Encoder(home / "encoder")
    figures: list[Figure] = []
    for size in SIZES:
        with TemporaryDirectory(dir=home) as folder:
            figures += asyncio.run(_at(size, Path(folder), encoder))
    return figures


async def _at(size: int, folder: Path, encoder: Encoder) -> list[Figure]:
    made = _Made(size)
    shelf = LanceShelf(folder)
    await shelf.replace(made.rows())
    questions = [made.question(number) for number in range(_QUERIES)]
    how = f"{size:,} made-up passages, {'IVF_SQ index' if size >= INDEXED_FROM else 'flat scan'}"

    async def search(words: str, vector: Vector) -> None:
        asked = Asked.of(words, encoder.read_once(words))
        found = await shelf.candidates(vector, asked.stems, _DAY)
        ranked(asked, found, await shelf.lexicon())

    async def store(words: str, vector: Vector) -> None:
        await shelf.candidates(vector, words.split(), _DAY)

    figures = [*await _timed("search", search, questions, how), *await _timed("store alone", store, questions, how)]
    recall = np.mean([await shelf.agreement(vector) for _, vector in questions])
    return [*figures, Figure(name="recall@10 of a full scan", value=round(float(recall), 3), unit="share", how=how)]


async def _timed(
    name: str, once: Callable[[str, Vector], Awaitable[None]], questions: Sequence[tuple[str, Vector]], how: str
) -> list[Figure]:
    taken, busy = [], 0.0
    for number, question in enumerate(questions):
        start, cpu = time.perf_counter(), time.process_time()
        await once(*question)
        if number >= _WARM:
            taken.append((time.perf_counter() - start) * 1000)
            busy += time.process_time() - cpu
    return [
        Figure(name=f"{name} p50", value=round(median(taken), 1), unit="ms", how=how),
        Figure(name=f"{name} p95", value=round(quantiles(taken, n=20)[-1], 1), unit="ms", how=how),
        Figure(name=f"{name} CPU", value=round(busy * 1000 / len(taken), 1), unit="ms", how=f"{how}, all threads"),
    ]


class _Made:
    """Made-up passages: each near one of some hundred topics in meaning, its words common and rare as in a language."""

    def __init__(self, size: int) -> None:
        self._chance = np.random.default_rng(20261123)
        topics = self._chance.normal(size=(_TOPICS, DIMENSIONS)).astype(np.float32)
        near = topics[self._chance.integers(0, _TOPICS, size)]
        self.vectors = _unit(near + 0.8 * self._chance.normal(size=(size, DIMENSIONS)).astype(np.float32))
        ranks = np.minimum(self._chance.zipf(1.3, (size, _LENGTH)), _WORDS)
        self.words = [[f"w{rank}" for rank in row] for row in ranks.tolist()]

    def rows(self) -> list[Row]:
        """Return the passages as a store takes them."""
        states = eight_bits(_unit(self._chance.normal(size=(4096, DIMENSIONS)).astype(np.float32)))
        return [self._row(number, states) for number in range(len(self.vectors))]

    def _row(self, number: int, states: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> Row:
        words, vector = self.words[number], self.vectors[number]
        parts, start = eight_bits(vector[None]), number % (len(states) - _TOKENS)
        known = Study(
            vector=vector,
            question=vector,
            chunks=parts,
            sentences=parts,
            tokens=states[start : start + _TOKENS],
            stems=tuple(words),
        )
        return f"{number}", Passage(article=f"a{number}", title=words[0], text=" ".join(words)), known

    def question(self, number: int) -> tuple[str, Vector]:
        """Return eight words of some passage and a vector near its own."""
        place = number * 7919 % len(self.vectors)
        noise = 0.5 * self._chance.normal(size=(1, DIMENSIONS)).astype(np.float32) / DIMENSIONS**0.5
        return " ".join(self.words[place][:8]), _unit(self.vectors[place][None] + noise)[0]


def _unit(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
