"""Understanding with no key and no network: rules for what a rule decides, one encoder pass and a head for the rest."""

import asyncio
import re
from pathlib import Path

from agent.commands import (
    Affirm,
    AskKnowledge,
    AskPerson,
    AskWhetherHuman,
    CancelFlow,
    Command,
    Deny,
    GiveCode,
    GiveEmail,
    Greet,
    OutOfScope,
    SetSlot,
    StartFlow,
    Thank,
)
from agent.conversation import Conversation
from agent.events import Asked
from agent.flows import flows
from agent.understand.base import Understanding
from agent.understand.examples import MEANINGS
from agent.understand.head import Head, load_or_fit
from kb.encoder import Encoder

#: A yes or a no is only what says nothing else: "ok, what is your refund policy?" is a question.
_YES_WORDS = (
    r"(?:yes+|yep|yea|yeah|yup|ya|y|sure|ok|okay|correct|right|exactly|confirm(?:ed)?|please do|do it|go ahead|"
    r"sounds good|that works|i agree|i confirm|absolutely|of course|refund it|"
    r"that['’]?s (?:right|it|the one|fine|correct)|👍)"
)
_YES = re.compile(rf"{_YES_WORDS}(?:[\s,.!]+(?:{_YES_WORDS}|please))*[\s.!]*|yes,? (?:thanks|thank you)[\s.!]*", re.I)
_NO_WORDS = (
    r"(?:no+|nope|nah|n|not now|don['’]?t(?: do (?:it|that))?|do not|never ?mind|stop|cancel(?: it| that)?|leave it|"
    r"no thanks|no thank you|please don['’]?t)"
)
_NO = re.compile(rf"{_NO_WORDS}(?:[\s,.!]+(?:{_NO_WORDS}|please|thanks|thank you|sorry))*[\s.!]*", re.I)
_EMAIL = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[a-z]{2,}", re.I)
_CODE = re.compile(r"^\D{0,20}?(\d[\s-]?\d[\s-]?\d[\s-]?\d[\s-]?\d[\s-]?\d)\D{0,10}$")
_PERSON = re.compile(
    r"\b(human|real person|representative|operator|"
    r"(talk|speak|chat)\s+(to|with)\s+(a|an|some)\s?(one|body|person|agent|colleague|human|manager))\b",
    re.I,
)
#: Below this share the meaning is not taken for granted.
SURE = 0.45


class EmbeddedUnderstand:
    """Maps words to commands; the account is never looked at here."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self._folder = folder
        self._head: Head | None = None

    def prepare(self) -> None:
        """Fit the head where its examples changed."""
        examples = {name: flow.examples for name, flow in flows().items()} | MEANINGS
        self._head = load_or_fit(examples, self._encoder.encode, self._folder)

    async def __call__(self, state: Conversation, words: str) -> Understanding:
        """Return what the words mean now: an open question or offer is answered before anything else is tried."""
        words = words.strip()
        if answer := _answers(state, words):
            return Understanding(commands=answer, intent="provide_info", confidence=1.0)
        scores = await asyncio.to_thread(self._scores, words)
        intent, confidence = next(iter(scores.items()))
        if _PERSON.search(words) and intent not in ("bot_challenge", "out_of_scope"):
            intent, confidence = "talk_to_person", 1.0
        return Understanding(commands=_commands(state, words, intent, confidence), intent=intent, confidence=confidence)

    def _scores(self, words: str) -> dict[str, float]:
        if self._head is None:
            self.prepare()
        if self._head is None:
            raise RuntimeError("The intent head was not fitted.")
        return self._head.scores(self._encoder.encode([words])[0])


def _answers(state: Conversation, words: str) -> tuple[Command, ...]:
    if state.code and (code := _CODE.match(words)):
        return (GiveCode(re.sub(r"\D", "", code.group(1))),)
    asks_email = (state.asked and state.asked.slot == "email") or state.code
    if asks_email and (address := _EMAIL.search(words)):
        return (GiveEmail(address.group().lower()),)
    if state.asked and (named := _named_choice(state, state.asked, words)):
        return named
    if state.offers or state.asked:
        if changes := _changes(state, words):
            return changes if re.match(r"no\b|not\b|i meant\b|sorry\b|actually\b", words, re.I) else ()
        if _NO.fullmatch(words):
            return (Deny(),)
        if _YES.fullmatch(words):
            return (Affirm(),)
    return ()


def _named_choice(state: Conversation, asked: Asked, words: str) -> tuple[Command, ...]:
    """Return what an open question's answer sets: a button's words mean what the button means."""
    if asked.slot == "question":
        return (SetSlot("question", words[:500]),)
    for choice in asked.choices:
        kind, _, rest = choice.id.partition(":")
        if words.lower().strip(" .!") != choice.label.lower().strip(" .!"):
            continue
        if kind == "slot":
            return (SetSlot(*rest.split(":", 1)),)
        if kind == "start":
            return (StartFlow(rest),)
        if kind == "person":
            return (AskPerson(),)
    heard = flows()[state.case.ticket_type].hear(words) if state.case else {}
    # A short reply that names the value asked for is its answer, whatever else it sounds like.
    short = len(words.split()) <= 6 and asked.slot in heard
    return tuple(SetSlot(name, value) for name, value in heard.items()) if short else ()


def _changes(state: Conversation, words: str) -> tuple[Command, ...]:
    """Return the slots of the case that the words set to another value: "no, 1051" is a correction."""
    case = state.case
    if case is None:
        return ()
    heard = flows()[case.ticket_type].hear(words)
    return tuple(SetSlot(name, value) for name, value in heard.items() if case.slots.get(name) != value)


def _commands(state: Conversation, words: str, intent: str, confidence: float) -> tuple[Command, ...]:
    if confidence < SURE:
        intent = "unsure"
    match intent:
        case "greeting":
            return (Greet(),)
        case "thanks_or_goodbye":
            return (Thank(),)
        case "bot_challenge":
            return (AskWhetherHuman(),)
        case "cancel":
            return (CancelFlow(),)
        case "talk_to_person":
            return (AskPerson(),)
        case "policy_question":
            return (AskKnowledge(words),)
        case "out_of_scope" | "unsure":
            return _changes(state, words) or (OutOfScope(),)
    heard = flows()[intent].hear(words)
    return (StartFlow(intent), *(SetSlot(name, value) for name, value in heard.items()))
