"""What the encoder does not see: its vocabulary has no capitals, and cuts long numbers into pieces."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Offsets = Sequence[tuple[int, int]]
Matrix = NDArray[np.float32]

_WORD = re.compile(r"\S+")
_RUN = re.compile(r"\d(?:[ .\-()/]{0,2}\d)*")
_EDGES = ".,!?;:()[]{}<>\"'“”‘’"
_CURRENCY = set("$£€¥₹")
#: Upper ends of the classes by which numbers are told apart: a zip has five digits, a card fifteen or sixteen.
_RUN_ENDS = (0, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16)
_OWN_ENDS = (0, 2, 3, 4, 5, 8, 10)
_LENGTHS = (1, 2, 4, 8, 16)
WIDTH = 10 + 9 + len(_LENGTHS) + len(_RUN_ENDS) + 1 + len(_OWN_ENDS) + 1


def shapes(text: str, offsets: Offsets) -> Matrix:
    """Return (tokens, WIDTH) features of how each token's word is written; zeros for the marks at the ends."""
    found = np.zeros((len(offsets), WIDTH), np.float32)
    words = [match.span() for match in _WORD.finditer(text)]
    if not words:
        return found
    described = _described(text, words)
    starts = [start for start, _ in words]
    runs, run_starts = _runs(text)
    for place, (start, end) in enumerate(offsets):
        if end <= start:
            continue
        at = bisect_right(starts, start) - 1
        row = found[place]
        row[:-2] = described[at]
        row[-2], row[-1] = not text[start:end].isalnum(), start == starts[at]
        run = bisect_right(run_starts, start) - 1
        if run >= 0 and start < runs[run][1]:
            row[_RUN_AT + _bucket(_RUN_ENDS, runs[run][2])] = 1
    return found


_RUN_AT = 8 + 9 + len(_LENGTHS)
_OWN_AT = _RUN_AT + len(_RUN_ENDS) + 1


def _described(text: str, words: list[tuple[int, int]]) -> Matrix:
    rows = np.zeros((len(words), WIDTH - 2), np.float32)
    low, high = not any(character.isupper() for character in text), text.isupper()
    rows[:, 0], rows[:, 1] = low, high
    for number, length in enumerate(_LENGTHS):
        rows[:, 17 + number] = len(words) <= length
    openings = [True, *(_opens(text, left[1], right[0]) for left, right in pairwise(words))]
    for at, ((start, end), opens) in enumerate(zip(words, openings, strict=True)):
        word = text[start:end]
        core, digits = word.strip(_EDGES), sum(map(str.isdigit, word))
        capital = core[:1].isupper()
        rows[at, 2:17] = (
            capital, core.isupper() and len(core) > 1, core.islower(), digits > 0, core.isdigit(), opens,
            capital and not opens, 0 < digits < len(core), "@" in word, "." in core, "-" in core or "_" in core,
            not _CURRENCY.isdisjoint(word), core.endswith(("'s", "’s")), word[-1] in ",.;:!?", at == 0,
        )  # fmt: skip
        rows[at, _OWN_AT + _bucket(_OWN_ENDS, digits)] = 1
    return rows


def _opens(text: str, end: int, start: int) -> bool:
    return text[end - 1] in ".!?:" or "\n" in text[end:start]


def _runs(text: str) -> tuple[list[tuple[int, int, int]], list[int]]:
    runs = [(run.start(), run.end(), sum(map(str.isdigit, run[0]))) for run in _RUN.finditer(text)]
    return runs, [start for start, _, _ in runs]


def _bucket(ends: tuple[int, ...], count: int) -> int:
    return next((number for number, end in enumerate(ends) if count <= end), len(ends))
