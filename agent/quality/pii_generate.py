"""Labelled messages made of our own sentences and drawn values: what the tag head learns from."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from agent.quality.pii_names import lines
from agent.quality.pii_values import Values

_SLOT = re.compile(r"\{(\w+)\}")
#: One of several ways to say a part of a sentence; none lies in another.
_WAYS = re.compile(r"\[([^\[\]]*)\]")
_NEIGHBOUR = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "t": "y", "r": "e", "s": "d", "l": "k", "c": "v"}
_JOINTS = (" ", " ", " ", " and ", " and ", ", ", ", ", "\n", "; ", " / ", ". ")
_STOPS = (". ", ". ", " ", ", ", "\n", "! ", " and ", "? ", " - ")
_KEPT_FLAT = {"EMAIL", "IP", "SECRET", "DATE", "BIRTHDATE"}
#: How much of what is told is prose rather than a customer's sentence.
_PROSE = 0.6

Piece = tuple[str, str | None]


@dataclass(frozen=True)
class Sample:
    """A message and where its labelled values stand: (start, end, label)."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


class Generator:
    """Draws messages; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._values = Values(self._rng)
        self._sentences, self._ordinary = lines("sentences"), lines("ordinary")
        self._prose, self._plain_prose = lines("prose"), lines("prose_ordinary")
        self._grammar = dict(row.split(" ", 1) for row in lines("grammar"))
        answers = dict(row.split(" ", 1) for row in lines("answers") if not row.startswith("lead "))
        self._groups, self._openers = answers["groups"].split("|"), answers["openers"].split("|")
        leads = [row.split(" ", 2)[1:] for row in lines("answers") if row.startswith("lead ")]
        self._leads = {field: written.split("|") for field, written in leads}

    def samples(self, count: int) -> Iterator[Sample]:
        """Yield so many messages: about a third of them hold nothing personal."""
        for _ in range(count):
            yield self.sample()

    def held_out(self, count: int) -> Iterator[Sample]:
        """Yield messages of sentences that training never sees."""
        sentences = lines("held_out")
        for number in range(count):
            yield joined(self._filled(sentences[number % len(sentences)]))

    def sample(self) -> Sample:
        """Return one message in some style."""
        roll = self._rng.random()
        if roll < 0.28:
            return joined(self._styled(self._answer()))
        if roll < 0.57:
            return joined(self._styled(self._told()))
        if roll < 0.77:
            return joined(self._written())
        pieces = self._joined([self._nothing() for _ in range(self._rng.choice([1, 1, 1, 2, 3]))])
        return joined(pieces if self._rng.random() < 0.25 else self._styled(pieces))

    def _answer(self) -> list[Piece]:
        fields = self._rng.choice(self._groups).split()
        if self._rng.random() < 0.3:
            self._rng.shuffle(fields)
        pieces: list[Piece] = []
        if self._rng.random() < 0.2:
            pieces.append((self._rng.choice(self._openers) + self._rng.choice([" ", ", ", ". "]), None))
        for number, field in enumerate(fields):
            lead = self._rng.choice(self._leads[field])
            if number:
                pieces.append((self._rng.choice(_JOINTS), None))
            if lead:
                pieces.append((lead + self._rng.choice([" ", " ", " ", ": ", " - "]), None))
            pieces.append(self._value(field))
        return pieces

    def _told(self) -> list[Piece]:
        count = self._rng.choice([1, 1, 1, 2, 2, 3])
        parts = [self._personal() if self._rng.random() < 0.7 else self._nothing() for _ in range(count)]
        if self._rng.random() < 0.07:
            parts.append(
                self._filled(
                    self._rng.choice(["Thanks, {first}", "regards {full}", "thanks {first}", "thx\n{first}", "{full}"])
                )
            )
        return self._joined(parts)

    def _personal(self) -> list[Piece]:
        if self._rng.random() < _PROSE:
            return self._filled(self._said(self._rng.choice(self._prose)))
        return self._filled(self._rng.choice(self._sentences))

    def _said(self, ways: str) -> str:
        return _WAYS.sub(lambda found: self._rng.choice(found[1].split("|")), ways)

    def _written(self) -> list[Piece]:
        """Return prose as letters and papers have it: with its capitals, now and then without."""
        parts = [
            self._filled(self._said(self._rng.choice(self._prose))) for _ in range(self._rng.choice([1, 1, 2, 2, 3]))
        ]
        if self._rng.random() < 0.4:
            parts.insert(self._rng.randint(0, len(parts)), self._nothing())
        pieces = self._joined(parts)
        if self._rng.random() < 0.15:
            return self._styled(pieces)
        first, label = pieces[0]
        return [(first[:1].upper() + first[1:], None), *pieces[1:]] if label is None else pieces

    def _joined(self, parts: list[list[Piece]]) -> list[Piece]:
        pieces: list[Piece] = []
        for part in parts:
            if pieces:
                pieces.append((self._rng.choice(_STOPS) if pieces[-1][0][-1:].isalnum() else " ", None))
            pieces += part
        if pieces[-1][0][-1:].isalnum() and self._rng.random() < 0.35:
            pieces.append((self._rng.choice([".", ".", "?", "!", "...", " please", " thanks"]), None))
        return pieces

    def _nothing(self) -> list[Piece]:
        roll = self._rng.random()
        if roll < 0.4:
            return self._filled(self._rng.choice(self._ordinary))
        if roll < 0.75:
            return self._filled(self._said(self._rng.choice(self._plain_prose)))
        words = {"n": "noun", "v": "verb", "a": "adjective"}
        frame = self._rng.choice(self._grammar["frame"].split("|"))
        said = _SLOT.sub(lambda slot: self._rng.choice(self._grammar[words[slot[1]]].split()).replace("-", " "), frame)
        if self._rng.random() < 0.3:
            said += " " + self._rng.choice(self._grammar["tail"].split("|"))
        if self._rng.random() < 0.12:
            said = said.title()
        return [(said, None)]

    def _filled(self, sentence: str) -> list[Piece]:
        pieces: list[Piece] = []
        place = 0
        for slot in _SLOT.finditer(sentence):
            pieces.append((sentence[place : slot.start()].replace("\\n", "\n"), None))
            pieces.append(self._value(slot[1]))
            place = slot.end()
        pieces.append((sentence[place:].replace("\\n", "\n"), None))
        return [piece for piece in pieces if piece[0]]

    def _value(self, slot: str) -> Piece:
        draw, label = self._values.slots[slot]
        return draw(), label

    def _styled(self, pieces: list[Piece]) -> list[Piece]:
        slips, roll = self._rng.choice([0.0, 0.0, 0.0, 0.02, 0.05]), self._rng.random()
        pieces = [(self._slipped(text, slips if label is None else slips / 2), label) for text, label in pieces]
        if roll < 0.3:
            apart = self._rng.random() < 0.6
            return [
                (_flat(text, apart=apart) if label not in _KEPT_FLAT else text.lower(), label) for text, label in pieces
            ]
        if roll < 0.55:
            return _mapped(pieces, str.lower)
        if roll < 0.59:
            return _mapped(pieces, str.upper)
        if roll < 0.8 and pieces[0][1] is None:
            return [(pieces[0][0][:1].upper() + pieces[0][0][1:], None), *pieces[1:]]
        return pieces

    def _slipped(self, text: str, rate: float) -> str:
        if not rate:
            return text
        return "".join(
            self._slip(letter) if letter.isalpha() and self._rng.random() < rate else letter for letter in text
        )

    def _slip(self, letter: str) -> str:
        roll = self._rng.random()
        if roll < 0.35:
            return ""
        return letter * 2 if roll < 0.6 else _NEIGHBOUR.get(letter.lower(), letter)


def joined(pieces: Iterable[Piece]) -> Sample:
    """Return the pieces as one message."""
    text, spans = "", []
    for piece, label in pieces:
        start = len(text) + len(piece) - len(piece.lstrip())
        text += piece
        if label and len(text.rstrip()) > start:
            spans.append((start, len(text.rstrip()), label))
    return Sample(text, tuple(spans))


def _mapped(pieces: list[Piece], change: Callable[[str], str]) -> list[Piece]:
    return [(change(text), label) for text, label in pieces]


def _flat(text: str, *, apart: bool) -> str:
    # As some chat logs and many customers have it: no capitals, no punctuation, letters and digits apart.
    bare = re.sub(r"[^\w\s]|_", " ", text.lower()).replace("\n", " ")
    if apart:
        bare = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", bare)
    return re.sub(r" {2,}", " ", bare)
