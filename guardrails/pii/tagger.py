"""Names, places and numbers by what stands around them: the head's reading of one encoder pass."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from guardrails.pii.common_words import NOBODY
from guardrails.pii.head import Head, load_head
from guardrails.pii.shape import Matrix, shapes
from guardrails.pii.span import Kind, Span

#: The encoder reads so much at once; longer texts are read in overlapping windows.
_WINDOW, _OVERLAP = 600, 80
_JOINT = re.compile(r"[\s,.\-'’/#&()]*")
_TIGHT = re.compile(r"[\s.\-'’/]*")
#: How sure it must be that a word is personal at all; chosen on the tuning half of labelled text.
_LEAST = 0.4
#: A missed name is worse than a masked word; a place alone tells little about anybody.
_LEAST_OF = {"PERSON": 0.3, "LOCATION": 0.5}
_KINDS = frozenset(kind.value for kind in Kind)


class Reading(Protocol):
    """One encoder pass: a (tokens, 384) matrix per layer, and where each token stands."""

    @property
    def layers(self) -> Sequence[Matrix]:
        """Return the layers' token states."""

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Return each token's place in the text; (0, 0) for marks."""


@dataclass(frozen=True)
class Tag:
    """A labelled stretch of text, and how sure the head is that it is personal at all."""

    start: int
    end: int
    label: str
    score: float


class Tagger:
    """Labels texts; whoever owns the encoder gives its `read`, so that one pass serves everybody."""

    def __init__(self, read: Callable[[str], Reading], head: Head | None = None) -> None:
        self._read = read
        self._head = head or load_head()
        self.kinds = tuple(dict.fromkeys(label[2:] for label in self._head.labels if label != "O"))
        self._begin = [self._head.labels.index(f"B-{kind}") for kind in self.kinds]
        self._least = np.array([_LEAST_OF.get(kind, _LEAST) for kind in self.kinds])
        self._inside = [self._head.labels.index(f"I-{kind}") for kind in self.kinds]

    def __call__(self, text: str) -> list[Span]:
        """Return what is personal; companies and other dates than birth dates are told apart, and left out."""
        return [Span(tag.start, tag.end, Kind(tag.label), 0.5) for tag in self.tags(text) if tag.label in _KINDS]

    def tags(self, text: str) -> list[Tag]:
        """Return all tags in order; neighbours may touch, none overlap within a window."""
        return [tag for start, part in windows(text) for tag in self._tags(part, start)]

    def _tags(self, text: str, shift: int) -> Iterator[Tag]:
        if not any(character.isalnum() for character in text):
            return
        reading = self._read(text)
        shape = shapes(text, reading.offsets)
        odds = self._head(np.concatenate(reading.layers, axis=1), shape)
        for run in self._runs(text, list(_words(text, reading.offsets)), odds):
            whole = _whole(text, run)
            if whole.start == whole.end:
                # Nothing but punctuation.
                continue
            said = _LETTERS.findall(text[whole.start : whole.end].casefold())
            if whole.label not in ("PERSON", "LOCATION") or not NOBODY.issuperset(said):
                yield Tag(whole.start + shift, whole.end + shift, whole.label, whole.score)

    def _runs(self, text: str, words: list["_Word"], odds: Matrix) -> Iterator[Tag]:
        current: Tag | None = None
        for word, found in zip(words, self._labels(words, odds), strict=True):
            if found is None or _owns(text, word):
                # Punctuation inside a value is bridged; a word outside ends it.
                if current and text[word.start : word.end].isalnum():
                    yield current
                    current = None
                continue
            tag, begins = found
            if current and not _breaks(text, current, tag, begins=begins):
                current = Tag(current.start, tag.end, current.label, max(current.score, tag.score))
                continue
            if current:
                yield current
            current = tag
        if current:
            yield current

    def _labels(self, words: list["_Word"], odds: Matrix) -> Iterator[tuple[Tag, bool] | None]:
        if not words:
            return
        firsts = np.array([word.tokens[0] for word in words])
        last = words[-1].tokens[-1] + 1
        sums = np.add.reduceat(odds[:last], firsts, axis=0)
        means = sums / np.diff(np.append(firsts, last))[:, None]
        best = (means[:, self._begin] + means[:, self._inside]).argmax(1)
        begin, inside = np.array(self._begin)[best], np.array(self._inside)[best]
        begins = odds[firsts, begin] > odds[firsts, inside]
        personal = 1 - means[:, 0]
        sure = personal >= self._least[best]
        rows = zip(words, best.tolist(), personal.tolist(), begins.tolist(), sure.tolist(), strict=True)
        for word, kind, score, starts, enough in rows:
            yield (Tag(word.start, word.end, self.kinds[kind], score), starts) if enough else None


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    tokens: list[int]


def _owns(text: str, word: _Word) -> bool:
    """Say whether the word is the s of "Ada's": what follows is not the name."""
    return text[word.start : word.end] in ("s", "S") and text[word.start - 1 : word.start] in ("'", "’")


def _words(text: str, offsets: Sequence[tuple[int, int]]) -> Iterator[_Word]:
    current: _Word | None = None
    for number, (start, end) in enumerate(offsets):
        if end <= start:
            continue
        if current and start == current.end and text[start - 1].isalnum() and text[start].isalnum():
            current = _Word(current.start, end, [*current.tokens, number])
            continue
        if current:
            yield current
        current = _Word(start, end, [number])
    if current:
        yield current


#: What belongs to a name before and after it.
_BEFORE = re.compile(
    r"(?i)\b(?:(?:mr|mrs|ms|miss|mx|dr|prof|sir|rev|aunt|auntie|uncle|cousin|grandma|grandpa)\b\.?\s+)+[^\w\s]?$"
)
_AFTER = re.compile(r"(?i),?\s(?:m\.?d|dds|ph\.?d|jr|sr|iii?|dvm|lmft|esq)\b\.?")
#: A code typed with gaps ("a 2 b 3", "ju 87 uj"): short pieces around a number belong to it.
_PIECE_BEFORE = re.compile(
    r"(?:(?<![\w'’])(?!(?i:is|it|my|no|id|to|of|in|at|on|i|a|am|me|we|ok|or|by|so|an|as)\b)\w{1,2} )+$"
)
_PIECE_AFTER = re.compile(
    r"(?: (?!(?i:is|it|my|no|id|to|of|in|at|on|i|a|am|pm|me|we|ok|or|by|so|an|as)\b)\w{1,2}(?![\w'’]))+"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_CAPITAL_BEFORE = re.compile(r"(?<![\w'’])([^\W\d_][\w'’-]*\.?) $")
_CAPITAL_AFTER = re.compile(r" ([^\W\d_][\w'’-]*)")
#: Capitals mean something where at least this share of words has none.
_MEANT = 0.4
_CODES = ("ACCOUNT", "SECRET", "ZIP")
_EDGE = ' \n\t.,;:!?-–()[]"“”'


def _whole(text: str, tag: Tag) -> Tag:
    """Return the tag without punctuation around it, and with what belongs to it."""
    start, end = tag.start, tag.end
    if tag.label != "SECRET":
        inner = text[start:end]
        start += len(inner) - len(inner.lstrip(_EDGE))
        end = start + len(inner.strip(_EDGE)) if inner.strip(_EDGE) else tag.end
    before = after = None
    if tag.label == "LOCATION" and text[start : start + 4].casefold() == "the ":
        start += 4
    if tag.label == "PERSON":
        start, end = _capitals(text, start, end)
        before, after = _BEFORE.search(text, 0, start), _AFTER.match(text, end)
    elif tag.label in _CODES and any(map(str.isdigit, text[start:end])):
        before, after = _PIECE_BEFORE.search(text, 0, start), _PIECE_AFTER.match(text, end)
    return Tag(before.start() if before else start, after.end() if after else end, tag.label, tag.score)


def _capitals(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a name by the capitals beside it, in a text where capitals mean something."""
    words = [word[0].islower() for word in _LETTERS.findall(text)]
    if sum(words) < _MEANT * len(words):
        return start, end
    while (before := _CAPITAL_BEFORE.search(text, 0, start)) and _is_name(
        before[1], opens=_opens(text, before.start(1))
    ):
        start = before.start(1)
    while (after := _CAPITAL_AFTER.match(text, end)) and _is_name(after[1], opens=False):
        end = after.end(1)
    return start, end


def _is_name(word: str, *, opens: bool) -> bool:
    return (
        word[0].isupper()
        and not opens
        and not word.endswith(("'s", "’s"))
        and word not in ("I", "The", "A", "An", "My", "I'm", "Is", "And", "Can")
    )


def _opens(text: str, start: int) -> bool:
    return text[:start].rstrip(" \"“'")[-1:] in ("", ".", "!", "?", ":", "\n")


def _breaks(text: str, last: Tag, tag: Tag, *, begins: bool) -> bool:
    between = text[last.end : tag.start]
    if last.label != tag.label or "\n\n" in between or (tag.label == "PERSON" and "\n" in between):
        return True
    joint = _JOINT if tag.label in ("ADDRESS", "LOCATION") else _TIGHT
    return joint.fullmatch(between) is None or (
        begins and between != "" and not between.isspace() and tag.label != "ADDRESS"
    )


def windows(text: str) -> Iterator[tuple[int, str]]:
    """Yield the text in pieces that the encoder can read whole, each with its place; pieces overlap."""
    start = 0
    while len(text) - start > _WINDOW:
        end = text.rfind(" ", start + _WINDOW - _OVERLAP, start + _WINDOW)
        end = end if end > 0 else start + _WINDOW
        yield start, text[start:end]
        back = text.find(" ", end - _OVERLAP, end)
        start = back + 1 if back > 0 else end - _OVERLAP
    yield start, text[start:]
