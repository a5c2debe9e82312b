"""Understanding with no key and no network: rules for what a rule decides, one encoder pass and a head for the rest."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

from agent.commands import Clarify, Command, OutOfScope
from agent.conversation import Conversation
from agent.understand.answers import Answer, answered, in_free_words
from agent.understand.base import Signal, Understanding
from agent.understand.examples import load
from agent.understand.head import Head, Scores, load_or_fit
from agent.understand.labels import FAMILIES, Label
from agent.understand.language import language_of
from agent.understand.meaning import changes, commands_of, label_of, meant
from agent.understand.requests import Request, read
from agent.understand.signals import signals_of
from kb.encoder import Encoder

#: Below this share a meaning is not taken for granted; between two that are this close the customer is asked.
#: Both set by hand: what they change is whether the customer is asked, not what is understood.
SURE, CLOSE = 0.3, 0.75
_GRAVE = (Label.SECURITY_OR_FRAUD, Label.TALK_TO_HUMAN)
_PERSON = re.compile(
    r"\b(human|real person|representative|operator|"
    r"(talk|speak|chat)\s+(to|with)\s+(a|an|some)\s?(one|body|person|agent|colleague|human|manager))\b",
    re.I,
)


def shipped_head(encoder: Encoder, folder: Path) -> Head:
    """Return the head of the examples that ship with the ticket types, fitted where they changed."""
    return load_or_fit(load(), encoder, folder)


def outside(scores: Scores) -> Scores:
    """Return the scores by the names of the closed list."""
    shares: dict[str, float] = {}
    for meaning, share in scores.shares.items():
        label = label_of(meaning)
        shares[label] = shares.get(label, 0.0) + share
    return replace(scores, shares=dict(sorted(shares.items(), key=lambda one: -one[1])))


class EmbeddedUnderstand:
    """Maps words to commands; the account is never looked at here."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self._folder = folder
        self._head: Head | None = None

    def prepare(self) -> Head:
        """Fit the head where its examples changed."""
        self._head = shipped_head(self._encoder, self._folder)
        return self._head

    async def __call__(self, state: Conversation, words: str) -> Understanding:
        """Return what the words mean now: an open question or offer is answered before anything else is tried."""
        return await asyncio.to_thread(self.understand, state, words)

    def understand(self, state: Conversation, words: str) -> Understanding:
        """Return what the words mean now, in this thread."""
        words = words.strip()
        language, signals = language_of(words), signals_of(words)
        found = answered(state, words)
        if found and not in_free_words(state, found):
            return _answer(found, language, signals)
        scores, requests = read(self._head or self.prepare(), words)
        if found and not _never_an_answer(words, scores):
            return _answer(found, language, signals)
        meaning, share = scores.best
        if _PERSON.search(words) and meaning not in (Label.BOT_CHALLENGE, Label.OUT_OF_SCOPE):
            meaning, share, requests = Label.TALK_TO_HUMAN, 1.0, ()
        return Understanding(
            commands=_commands(state, words, scores, requests, sure=share >= SURE, meaning=meaning),
            intent=label_of(meaning),
            confidence=share,
            in_scope=share >= SURE and meaning != Label.OUT_OF_SCOPE,
            out_of_scope=scores.out_of_scope,
            language=language,
            signals=signals,
        )


def _answer(found: Answer, language: str, signals: frozenset[Signal]) -> Understanding:
    label, commands = found
    return Understanding(commands=commands, intent=label, confidence=1.0, language=language, signals=signals)


def _never_an_answer(words: str, scores: Scores) -> bool:
    """Answer whether the words ask for what no open question may swallow: a person, or help against fraud."""
    meaning, share = scores.best
    return bool(_PERSON.search(words)) or (share >= SURE and label_of(meaning) in _GRAVE)


def _commands(
    state: Conversation, words: str, scores: Scores, requests: tuple[Request, ...], *, sure: bool, meaning: str
) -> tuple[Command, ...]:
    if requests:
        each = dict.fromkeys(commands_of(state, one.meaning, one.words) for one in requests)
        return tuple(command for commands in each for command in commands)
    if meaning != Label.TALK_TO_HUMAN and (near := close(scores, words)):
        return (Clarify(near),)
    if not sure:
        return changes(state, words) or (OutOfScope(),)
    return commands_of(state, meaning, words)


def close(scores: Scores, words: str) -> tuple[str, ...]:
    """Return the ticket types between which the words leave it open, the likeliest first."""
    (first, share), (second, other) = list(scores.shares.items())[:2]
    left_open = other >= CLOSE * share and share + other >= 2 * SURE and share < 2 * SURE
    if not left_open or any({first, second} <= set(family) for family in FAMILIES):
        return ()
    one, two = meant(first, words), meant(second, words)
    types = tuple(dict.fromkeys((*one, *two)))
    return types if one and two and len(types) > 1 else ()
