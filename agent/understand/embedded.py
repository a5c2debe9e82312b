"""Understanding with no key and no network: rules for what a rule decides, one encoder pass and a head for the rest."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

from agent.commands import AskKnowledge, Clarify, Command, OutOfScope, SetSlot, StartFlow
from agent.conversation import Conversation
from agent.understand.answers import answered
from agent.understand.base import Understanding
from agent.understand.clauses import clauses
from agent.understand.examples import load
from agent.understand.head import Head, Scores, load_or_fit
from agent.understand.labels import DIALOGUE, Label
from agent.understand.language import language_of
from agent.understand.meaning import changes, commands_of, label_of, ticket_types
from agent.understand.signals import signals_of
from kb.encoder import Encoder

#: Below this share a meaning is not taken for granted; between two that are this close the customer is asked.
#: Both chosen on the tune half of the development data with the shipped examples.
SURE, CLOSE = 0.3, 0.75
#: What a clause must reach to count as a request of its own beside another.
CLEAR = 0.6
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
        if found := answered(state, words):
            label, commands = found
            return Understanding(commands=commands, intent=label, confidence=1.0, language=language, signals=signals)
        head = self._head or self.prepare()
        parts = _parts(head, words)
        meaning, share, commands = _read(state, words, parts)
        known = share >= SURE and meaning != Label.OUT_OF_SCOPE
        return Understanding(
            commands=commands,
            intent=label_of(meaning),
            confidence=share,
            in_scope=known,
            out_of_scope=parts[0][1].out_of_scope,
            language=language,
            signals=signals,
        )


Part = tuple[str, Scores]


def _parts(head: Head, words: str) -> list[Part]:
    """Return the whole and, where there are several, each clause, with what it may mean."""
    tidied = head.tidied(words)
    places = clauses(tidied)
    whole = (words, head.score_part(tidied, 0, len(tidied)))
    if len(places) == 1:
        return [whole]
    return [whole, *((tidied[start:end].strip(), head.score_part(tidied, start, end)) for start, end in places)]


def _read(state: Conversation, words: str, parts: list[Part]) -> tuple[str, float, tuple[Command, ...]]:
    whole, *clauses_ = parts
    meaning, share = whole[1].best
    if _PERSON.search(words) and meaning not in (Label.BOT_CHALLENGE, Label.OUT_OF_SCOPE):
        return Label.TALK_TO_HUMAN, 1.0, commands_of(state, Label.TALK_TO_HUMAN, words)
    requests = _requests(state, clauses_)
    if len(requests) > 1:
        return requests[0][0], share, tuple(command for _, commands in requests for command in commands)
    if (share < SURE or meaning in DIALOGUE) and len(requests) == 1:
        # Around the one request that is clear stand a greeting, a story or a thank-you.
        meaning, commands = requests[0]
        return meaning, CLEAR, commands_of(state, meaning, words) if commands else ()
    if close := _close(whole[1]):
        return meaning, share, (Clarify(close),)
    if share < SURE:
        return meaning, share, changes(state, words) or (OutOfScope(),)
    return meaning, share, commands_of(state, meaning, words)


def _requests(state: Conversation, parts: list[Part]) -> list[tuple[str, tuple[Command, ...]]]:
    """Return the different requests of the clauses, in order, each with its own slots."""
    found: list[tuple[str, tuple[Command, ...]]] = []
    for words, scores in parts:
        meaning, share = scores.best
        if share < CLEAR or meaning in DIALOGUE or label_of(meaning) in DIALOGUE:
            continue
        commands = commands_of(state, meaning, words)
        starts = [one for one in commands if isinstance(one, StartFlow | AskKnowledge)]
        if starts and not any(_same(commands, known) for _, known in found):
            found.append((meaning, commands))
    return found


def _same(commands: tuple[Command, ...], known: tuple[Command, ...]) -> bool:
    """Answer whether two clauses ask for the same: one ticket type and no other object."""
    if commands[0] != known[0]:
        return isinstance(commands[0], AskKnowledge) and isinstance(known[0], AskKnowledge)
    slots = [{one.name: one.value for one in two if isinstance(one, SetSlot)} for two in (commands, known)]
    return all(slots[0][name] == slots[1][name] for name in slots[0].keys() & slots[1].keys())


def _close(scores: Scores) -> tuple[str, ...]:
    """Return the ticket types between which the words leave it open, the likeliest first."""
    (first, share), (second, other) = list(scores.shares.items())[:2]
    types = (*ticket_types(first), *ticket_types(second))
    near = other >= CLOSE * share and share + other >= 2 * SURE
    return tuple(dict.fromkeys(types)) if near and len(set(types)) == 2 and ticket_types(second) else ()
