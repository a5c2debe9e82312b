"""The customer's word for what the articles call by another."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from kb.lexicon import Lexicon
from kb.words import plain, stems

_FILE = Path(__file__).parent / "synonyms.yaml"
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def in_their_words(question: str, lexicon: Lexicon) -> str:
    """Return the question with each word that no passage holds replaced by a synonym that some passage holds."""

    def known(match: re.Match[str]) -> str:
        stem = _stem(match[0])
        if not stem or stem in lexicon.standing_in:
            return match[0]
        others = _synonyms().get(plain(match[0])) or _synonyms().get(stem, ())
        return next((word for word in others if _stem(word) in lexicon.standing_in), match[0])

    return _WORD.sub(known, question)


def _stem(word: str) -> str:
    return next(iter(stems(word)), "")


@lru_cache(maxsize=1)
def _synonyms() -> Mapping[str, Sequence[str]]:
    lines: list[list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for line in lines:
        for word in line:
            for form in {word, _stem(word)}:
                found.setdefault(form, []).extend(line)
    return found
