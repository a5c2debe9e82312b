"""Two sentences that say the same of different numbers, or one says it and the other denies it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from kb.article import Article
from kb.words import plain, stems

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_NUMBERS = frozenset(
    """half one two three four five six seven eight nine ten twelve fourteen fifteen twenty thirty sixty ninety hundred
    once twice""".split()  # noqa: SIM905  # words read better than quotes
)
_NEGATIONS = re.compile(r"\b(no|not|never|none|nobody|cannot|without|\w+n't|\w+nt)\b")
#: Share of stems that two sentences must have in common to be about the same thing, and how many that is at least.
_ALIKE, _SHARED = 0.7, 3


@dataclass(frozen=True)
class Said:
    """A sentence of an article, taken apart."""

    path: Path
    heading: str
    text: str
    about: frozenset[str]
    numbers: tuple[str, ...]
    denied: bool


def sentences(article: Article) -> Iterator[Said]:
    """Yield what an article's sections say, sentence by sentence."""
    for section in article.sections:
        for text in _SENTENCE_END.split(section.text):
            numbers = tuple(sorted(word for word in re.findall(r"[\w.,$%]+", plain(text)) if _is_number(word)))
            about = {stem for stem in stems(text) if not _is_number(stem)}
            denied = bool(_NEGATIONS.search(text.lower().replace("’", "'")))
            yield Said(article.path, section.heading, text.strip(), frozenset(about), numbers, denied)


def disagreements(said: Iterable[Said]) -> Iterator[tuple[Said, Said]]:
    """Yield each pair of sentences of different articles that cannot both be right."""
    for one, other in _alike([each for each in said if len(each.about) >= _SHARED]):
        counted = bool(one.numbers and other.numbers) and one.numbers != other.numbers
        if counted or (one.denied != other.denied and one.about == other.about):
            yield one, other


def _alike(said: Sequence[Said]) -> Iterator[tuple[Said, Said]]:
    holding: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(said):
        for stem in one.about:
            holding[stem].append(place)
    shared: defaultdict[tuple[int, int], int] = defaultdict(int)
    for places in holding.values():
        for pair in combinations(places, 2):
            shared[pair] += 1
    for (a, b), count in shared.items():
        one, other = said[a], said[b]
        if one.path != other.path and count >= max(_SHARED, _ALIKE * len(one.about | other.about)):
            yield one, other


def _is_number(word: str) -> bool:
    return word in _NUMBERS or any(sign.isdigit() for sign in word)
