"""Which of the options at hand the words name."""

import re
from collections.abc import Sequence

from agent.flow import Option

_ORDINALS = (("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th"))
_WORD = re.compile(r"[a-z0-9]+")
_PLAIN = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "my",
        "of",
        "for",
        "with",
        "in",
        "on",
        "to",
        "it",
        "is",
        "was",
        "from",
        "order",
        "item",
        "that",
        "this",
        "one",
        "set",
    ]
)


def match_option(words: str, options: Sequence[Option], *, by_place: bool, by_age: bool) -> str | None:
    """Return the value of the one option that the words name; two that fit equally are none.

    `by_place` lets "the second" count, where the options were just shown; `by_age` lets "my last" count.
    """
    lowered = words.lower().strip()
    for option in options:
        if lowered in (option.value.lower(), option.label.lower()):
            return option.value
    if by_place and (placed := _by_place(lowered, options)) is not None:
        return placed
    if by_age and options and re.search(r"\b(last|latest|newest|most recent) (order|one|purchase)\b", lowered):
        return options[0].value
    said = _stems(lowered)
    ranked = sorted(((_overlap(said, option), option.value) for option in options), reverse=True)
    if not ranked or ranked[0][0] == 0:
        return None
    alone = len(ranked) == 1 or ranked[1][0] < ranked[0][0]
    return ranked[0][1] if alone else None


def _by_place(words: str, options: Sequence[Option]) -> str | None:
    if len(words.split()) > 4:
        return None
    for place, names in enumerate(_ORDINALS[: len(options)]):
        if any(name in words.split() for name in names):
            return options[place].value
    return None


def _overlap(said: set[str], option: Option) -> float:
    """Return how much of the best of the option's names was said, counting only words that carry meaning."""
    return max((len(said & _stems(name)) for name in option.names), default=0)


def _stems(words: str) -> set[str]:
    return {word.removesuffix("s") for word in _WORD.findall(words.lower()) if word not in _PLAIN}
