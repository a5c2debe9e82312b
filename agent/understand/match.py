"""Which of the options at hand the words name: by its name, by what it is like, by its place, or by what is left."""

import re
from collections.abc import Callable, Sequence

from rapidfuzz.distance import OSA

from agent.flow import Option
from agent.understand.size import size_of

_ORDINALS = (("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th"), ("fifth", "5th"))
_NUMBERED = re.compile(r"(?:(?:option|number|no\.?|#)\s*)?([1-5])[.!]?")
_WORD = re.compile(r"[^\W_]+")
_PLAIN = frozenset(
    "a an and the my of for with in on to it is was from order item that this one set not but".split()  # noqa: SIM905
)
_NEGATED = re.compile(r"\b(?:not|except|isn['’]?t|don['’]?t (?:mean|want))\s+(?:the\s+|my\s+|order\s+)*([^\W_]+)")
_EVERYTHING = re.compile(
    r"\b(?:everything|all of (?:it|them)|(?:whole|entire|full) order|the (?:whole )?lot|all items)\b"
)
_BOTH = re.compile(r"\bboth\b")
_ELSE_KEEP = re.compile(r"\b(?:else|otherwise|if not|or else|or)\b.{0,20}\b(?:keep|leave)\b")
_BY_PRICE = {
    False: re.compile(r"\b(?:cheap(?:er|est)|least expensive|lowest price|lower[- ]priced)\b"),
    True: re.compile(r"\b(?:most expensive|(?:more|most) (?:expensive|costly)|pric(?:ier|iest)|dear(?:er|est))\b"),
}
_BY_SIZE = {
    False: re.compile(r"\b(?:small(?:er|est)|short(?:er|est)|tini(?:er|est)|size down)\b"),
    True: re.compile(r"\b(?:big(?:ger|gest)|large(?:r|st)|long(?:er|est)|tall(?:er|est)|size up)\b"),
}
_MOST = re.compile(r"est\b|most|least")
_RELATIVE = re.compile(r"\b(?:same|a size|one size|next size|instead)\b")
_BY_AGE = re.compile(r"\b(?:last|latest|newest|most recent)(?: (?:order|one|purchase)\b|$)")

#: How options are compared, and whether more is meant.
_Scale = tuple[Callable[[Option], float | None], bool]


def match_option(
    words: str, options: Sequence[Option], *, by_place: bool, by_age: bool, current: str | None = None
) -> str | None:
    """Return the value of the one option that the words name; two that fit equally are none.

    `by_place` lets "the second" count, where the options were just shown; `by_age` lets "my last" count; `current` is
    the option that the customer has now: "the same but larger" is the next one up from it.
    """
    lowered = words.lower().strip()
    for option in options:
        if lowered.strip(" .!?") in (option.value.lower(), option.label.lower()):
            return option.value
    single = [option for option in options if not option.everything]
    if current is not None and (scale := _compares(lowered)) is not None:
        return _beside(lowered, single, current, scale)
    if (whole := _whole(lowered, options)) is not None:
        return whole
    if by_place and (placed := _by_place(lowered, options)) is not None and not (by_age and _BY_AGE.search(lowered)):
        return placed
    if by_age and options and _BY_AGE.search(lowered):
        return _newest(_BY_AGE.sub(" ", lowered), options)
    return _by_words(lowered, single)


def _newest(words: str, options: Sequence[Option]) -> str:
    """Return the newest option, or of those that hold what else is named: "the mug from my last order" has a mug."""
    said = _stems(words)
    scores = [_overlap(said, option) for option in options]
    return options[scores.index(max(scores))].value


def _whole(words: str, options: Sequence[Option]) -> str | None:
    """Return the option that stands for all the others, where all of them are meant."""
    both = _BOTH.search(words) and sum(not option.everything for option in options) == 2
    if both or _EVERYTHING.search(words):
        return next((option.value for option in options if option.everything), None)
    return None


def _by_place(words: str, options: Sequence[Option]) -> str | None:
    if number := _NUMBERED.fullmatch(words):
        place = int(number.group(1)) - 1
        return options[place].value if place < len(options) else None
    said = _WORD.findall(words)
    if len(said) > 4:
        return None
    for place, names in enumerate(_ORDINALS[: len(options)]):
        if any(name in said for name in names):
            return options[place].value
    single = [option for option in options if not option.everything]
    return single[-1].value if "last" in said and single else None


def _by_words(words: str, options: Sequence[Option]) -> str | None:
    """Return the best named option; of several that are named alike, the one that a comparison picks."""
    refused = [name for name in _NEGATED.findall(words) if name not in _PLAIN]
    left = [option for option in options if not any(_named(name, option) for name in refused)]
    said = _stems(_NEGATED.sub(" ", words))
    ranked = sorted(((_overlap(said, option), place) for place, option in enumerate(left)), key=lambda one: -one[0])
    best = [left[place] for score, place in ranked if score == ranked[0][0]]
    if len(best) > 1 and (picked := _compared(words, best)) is not None:
        return picked
    if len(best) == 1 and (ranked[0][0] > 0 or len(left) < len(options)):
        return best[0].value
    return None


def _compared(words: str, options: Sequence[Option]) -> str | None:
    """Return the option at the end of a scale that the words name: cheapest, largest."""
    for scales, measure in ((_BY_PRICE, _price), (_BY_SIZE, size_of)):
        for upwards, pattern in scales.items():
            if pattern.search(words):
                return _extreme(options, measure, upwards=upwards)
    return None


def _price(option: Option) -> float | None:
    return None if option.price is None else float(option.price)


def _extreme(options: Sequence[Option], measure: Callable[[Option], float | None], *, upwards: bool) -> str | None:
    measured = [(size, option.value) for option in options if (size := measure(option)) is not None]
    if len(measured) < 2:
        return None
    end = max(measured)[0] if upwards else min(measured)[0]
    at_end = [value for size, value in measured if size == end]
    return at_end[0] if len(at_end) == 1 else None


def _compares(words: str) -> _Scale | None:
    """Return the scale and the direction of a comparison with what the customer has."""
    for scales, measure in ((_BY_SIZE, size_of), (_BY_PRICE, _price)):
        for upwards, pattern in scales.items():
            if (found := pattern.search(words)) and not _MOST.search(found.group()):
                return measure, upwards
    return None


def _beside(words: str, options: Sequence[Option], current: str, scale: _Scale) -> str | None:
    """Return the next option up or down from the current one, or the current one where that was said to be the way."""
    measure, upwards = scale
    mine = next((option for option in options if option.value == current), None)
    here = measure(mine) if mine else None
    if mine is None or here is None:
        return None
    sizes = [(size, one.value) for one in _alike(mine, options, words) if (size := measure(one)) is not None]
    beyond = [(abs(size - here), value) for size, value in sizes if (size > here if upwards else size < here)]
    return min(beyond)[1] if beyond else current if _ELSE_KEEP.search(words) else None


def _alike(mine: Option, options: Sequence[Option], words: str) -> Sequence[Option]:
    """Return the options that share most with the current one, where "the same" is asked for."""
    if not _RELATIVE.search(words):
        return options
    ranked = {option.value: len(set(mine.attributes) & set(option.attributes)) for option in options if option != mine}
    most = max(ranked.values(), default=0)
    return [option for option in options if ranked.get(option.value) == most]


def _overlap(said: set[str], option: Option) -> float:
    """Return how much of the best of the option's names was said, counting only words that carry meaning."""
    likes = [_stems(one) for one in option.attributes]
    named = max(sum(_likeness(word, _stems(name).union(*likes)) for word in said) for name in (*option.names, ""))
    # "Large" is large rather than extra large.
    return named + sum(0.5 for like in likes if like and like <= said)


def _named(word: str, option: Option) -> bool:
    stem = next(iter(_stems(word)), "")
    return bool(stem) and _overlap({stem}, option) > 0


def _likeness(word: str, names: set[str]) -> float:
    """Return 1 for a word that is there, less for one that was meant: a slip of the finger keeps the first letter."""
    if word in names:
        return 1.0
    if len(word) < 4 or not word.isalpha():
        return 0.0
    slips = 1 if len(word) < 8 else 2
    near = (name for name in names if len(name) > 3 and name[0] == word[0] and OSA.distance(word, name) <= slips)
    return 0.75 if any(near) else 0.0


def _stems(words: str) -> set[str]:
    return {word.removesuffix("s") for word in _WORD.findall(words.lower()) if word not in _PLAIN}
