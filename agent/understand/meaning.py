"""From what a clause means to the commands it stands for."""

import re

from agent.commands import (
    AskKnowledge,
    AskPerson,
    AskWhetherHuman,
    CancelFlow,
    Clarify,
    Command,
    Deny,
    Greet,
    OutOfScope,
    Repeat,
    SetSlot,
    StartFlow,
    Thank,
)
from agent.conversation import Conversation
from agent.flows import flows
from agent.understand.labels import FOR_A_PERSON, INTERNAL, QUESTIONS, Label
from guardrails.identity import Level

_LABELS = frozenset(label.value for label in Label)
#: What asks for an explanation; where nobody serves the wish itself, an article may.
_ASKS_HOW = re.compile(
    r"\W*(?:(?:hi|hello|hey|and|so|ok|please)\W+)*(?:how|what|when|where|which|why|who|is|are|do|does|can i|may i|"
    r"could i|am i)\b",
    re.I,
)


#: What asks how something is done in general, and what it is about when it is not general after all.
_ASKS_GENERALLY = re.compile(
    r"\W*(?:(?:hi|hello|hey|and|so|ok|please)\W+)*(?:how (?:do|can|does|could|would|should|to)|can i pay|do you|"
    r"is it possible)\b",
    re.I,
)
#: Slots that only a request about something of the customer's own sets.
_THINGS = frozenset({"order_id", "reason", "item"})
_OWN = re.compile(
    r"\b(?:my|this|that|the) (?:\w+ )?(?:order|parcel|package|delivery|refund|return|money|charge)\b|"
    r"\b(?:this|that|these|those) (?:one|thing|item|mug)\b|\binstead\b|\bdon['’]?t want\b",
    re.I,
)


def label_of(meaning: str) -> str:
    """Return the outside name of a meaning: its own, an internal one's, or the first label of its ticket type."""
    if meaning in INTERNAL:
        return INTERNAL[meaning].value
    if meaning in flows() and meaning not in _LABELS:
        return (*flows()[meaning].labels, Label.OUT_OF_SCOPE.value)[0]
    return meaning


def ticket_types(meaning: str) -> tuple[str, ...]:
    """Return the ticket types that serve a meaning: the one it is named after, else those that declare it."""
    if meaning in flows() and meaning not in _LABELS:
        return (meaning,)
    return tuple(name for name, flow in flows().items() if meaning in flow.labels)


def commands_of(state: Conversation, meaning: str, words: str) -> tuple[Command, ...]:
    """Return what a clause with this meaning asks for; every meaning leads to a flow, an answer or a person."""
    if served := ticket_types(meaning):
        return (AskKnowledge(words),) if _in_general(state, served, words) else _started(served, words)
    match meaning:
        case "cancel":
            return (CancelFlow(),)
        case "repeat":
            return (Repeat(),)
        case Label.GREETING:
            return (Greet(),)
        case Label.THANKS_OR_GOODBYE:
            return (Thank(),)
        case Label.BOT_CHALLENGE:
            return (AskWhetherHuman(),)
        case Label.DENY:
            # A consent must say nothing else; a refusal may: it moves nothing.
            return (
                (Deny(),) if state.offers else changes(state, words) or ((OutOfScope(),) if state.case else (Thank(),))
            )
        case Label.TALK_TO_HUMAN:
            return (AskPerson(),)
    if meaning in QUESTIONS or (meaning in FOR_A_PERSON and _ASKS_HOW.match(words)):
        return (AskKnowledge(words),)
    if meaning in FOR_A_PERSON:
        return (StartFlow("talk_to_person"),)
    return changes(state, words) or (OutOfScope(),)


def changes(state: Conversation, words: str) -> tuple[SetSlot, ...]:
    """Return the slots of the case that the words set to another value: "no, 1051" is a correction."""
    case = state.case
    if case is None:
        return ()
    heard = flows()[case.ticket_type].hear(words)
    return tuple(SetSlot(name, value) for name, value in heard.items() if case.slots.get(name) != value)


def meant(meaning: str, words: str) -> tuple[str, ...]:
    """Return the ticket types that the words mean, among those that serve the meaning; none where nobody does."""
    served = ticket_types(meaning)
    return _meant(served, words) if served else ()


def _in_general(state: Conversation, served: tuple[str, ...], words: str) -> bool:
    """Answer whether somebody who is not known asks how a thing is done, and for nothing of their own."""
    if state.customer is not None or state.case or not _ASKS_GENERALLY.match(words) or _OWN.search(words):
        return False
    asked = [flows()[one] for one in _meant(served, words)]
    return all(flow.identity > Level.ANONYMOUS and _THINGS.isdisjoint(flow.hear(words)) for flow in asked)


def _started(served: tuple[str, ...], words: str) -> tuple[Command, ...]:
    types = _meant(served, words)
    if len(types) > 1:
        return (Clarify(types),)
    heard = flows()[types[0]].hear(words)
    return (StartFlow(types[0]), *(SetSlot(name, value) for name, value in heard.items()))


def _meant(served: tuple[str, ...], words: str) -> tuple[str, ...]:
    """Return the ticket types of one label whose own words were said; else those that need none."""
    named = tuple(name for name in served if (said := flows()[name].said) and said.search(words))
    return named or tuple(name for name in served if flows()[name].said is None) or served
