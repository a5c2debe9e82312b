"""How big an option is, as far as its words say: a size word, a letter, or a number with its unit."""

import re

from agent.flow import Option

#: Each scale from small to large; a word counts by its place.
_SCALES = (
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("mini", "small", "medium", "large"),
    ("short", "regular", "long"),
    ("single", "twin", "double", "queen", "king"),
)
_IN_BASE_UNITS = {
    "mm": 0.1, "cm": 1.0, "m": 100.0, "in": 2.54, "inch": 2.54, "inche": 2.54, "ft": 30.48, "ml": 0.001, "cl": 0.01,
    "l": 1.0, "liter": 1.0, "litre": 1.0, "quart": 0.946, "gallon": 3.785, "oz": 0.0296, "g": 0.001, "kg": 1.0,
    "lb": 0.4536, "person": 1.0, "seater": 1.0, "seat": 1.0, "piece": 1.0, "pack": 1.0,
}  # fmt: skip
_COUNTS = {"half": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "six": 6.0, "eight": 8.0, "ten": 10.0}
_MEASURE = re.compile(rf"\b(\d+(?:\.\d+)?|{'|'.join(_COUNTS)})\s?-?\s?({'|'.join(_IN_BASE_UNITS)})s?\b", re.I)
_EXTRA = re.compile(r"\bextra[ -](small|large|long)\b")
_WORD = re.compile(r"[a-z]+")


def size_of(option: Option) -> float | None:
    """Return the option's size, comparable among options of one kind; None where nothing says it."""
    for words in (*option.attributes, *option.names, option.label):
        if (size := _size(words.lower())) is not None:
            return size
    return None


def _size(words: str) -> float | None:
    if measure := _MEASURE.search(words):
        count = measure.group(1).lower()
        return (_COUNTS.get(count) or float(count)) * _IN_BASE_UNITS[measure.group(2).lower()]
    extra = _EXTRA.search(words)
    said = _WORD.findall(words)
    for scale in _SCALES:
        for place, name in enumerate(scale):
            # One letter is a size only by itself: the "s" of a possessive is none.
            if name in said and (len(name) > 1 or len(said) == 1):
                beyond = 0.0 if extra is None else -0.5 if extra.group(1) == "small" else 0.5
                return float(place) + beyond
    return None
