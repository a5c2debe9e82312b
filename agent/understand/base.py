"""What understanding promises: state and words in, commands out; it never acts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.commands import Command
from agent.conversation import Conversation
from agent.model import ModelCall


class Signal(StrEnum):
    """What the words show beside their meaning; a signal changes who answers and how, never what is allowed."""

    FRUSTRATION = "frustration"
    LEGAL_THREAT = "legal_threat"
    URGENCY = "urgency"
    #: The words are in a language that is not spoken here.
    OTHER_LANGUAGE = "other_language"
    #: Text that tries to instruct the agent: for the guards, never obeyed.
    INSTRUCTION = "instruction"


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """What a message means, and how sure that is."""

    commands: tuple[Command, ...]
    #: A label of the closed list in `agent/understand/labels.py`.
    intent: str
    #: The share of the best meaning, 0 to 1.
    confidence: float
    in_scope: bool = True
    #: From 0, surely something this agent knows, to 1.
    out_of_scope: float = 0.0
    signals: frozenset[Signal] = frozenset()
    #: ISO 639-1, as far as it can be told.
    language: str = "en"
    #: Values that a model has named beside the commands: matched against options as the customer's own words are.
    words: tuple[str, ...] = ()
    #: What hosted models were asked on the way.
    calls: tuple[ModelCall, ...] = ()


class Understand(Protocol):
    async def __call__(self, state: Conversation, words: str) -> Understanding: ...
