"""The commands as a model may call them, and the way back: whatever is not on the list is rejected whole.

Nothing a model fills names who the customer is, and nothing says yes to an offer: that is the customer's own word.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.commands import (
    AskKnowledge,
    AskPerson,
    AskWhetherHuman,
    CancelFlow,
    ChooseOther,
    Clarify,
    Command,
    Greet,
    OutOfScope,
    Repeat,
    SetSlot,
    StartFlow,
    Thank,
)
from agent.conversation import Conversation
from agent.flow import Ask, Flow
from agent.flows import flows
from agent.model import Fault, ModelFaultError, Tool, ToolCall
from guardrails.pii.vault import PLACEHOLDER, Vault

_MOST_CALLS = 6
_MOST_CHARACTERS = 4000
_LONGEST_VALUE = 300
_STRING = {"type": "string"}
#: Ticket types that have a command of their own.
_APART = ("talk_to_person", "policy_question")
_OTHER: dict[str, Command] = {
    "cancel": CancelFlow(),
    "greeting": Greet(),
    "thanks": Thank(),
    "person": AskPerson(),
    "are_you_human": AskWhetherHuman(),
    "repeat": Repeat(),
    "other_option": ChooseOther(),
    "off_topic": OutOfScope(),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Slot(_Strict):
    slot: str = Field(max_length=40)
    value: str = Field(min_length=1, max_length=_LONGEST_VALUE)


class _Start(_Strict):
    #: More than one where it is not clear which is meant.
    types: list[str] = Field(min_length=1, max_length=4)


class _Ask(_Strict):
    question: str = Field(min_length=1, max_length=500)


class _Kind(_Strict):
    kind: str = Field(max_length=40)


_SHAPES: dict[str, type[_Strict]] = {"start": _Start, "set": _Slot, "ask": _Ask, "other": _Kind}


@dataclass(frozen=True)
class Meant:
    """Commands that passed the schema, and values to be matched against the options at hand."""

    commands: tuple[Command, ...]
    words: tuple[str, ...] = ()


def slots_of(flow: Flow) -> frozenset[str]:
    """Return the slots a ticket type may ask for."""
    return frozenset(step.slot for step in flow.steps if isinstance(step, Ask))


def startable() -> list[str]:
    """Return the ticket types that a message can start."""
    return [name for name in flows() if name not in _APART]


def tools() -> list[Tool]:
    """Return the functions a model may call: as few words as carry the meaning, each costs tokens in every turn."""
    slots = sorted({slot for name in startable() for slot in slots_of(flows()[name])})
    types = {"type": "array", "items": _enum(startable())}
    return [
        _tool("start", types=types),
        _tool("set", slot=_enum(slots), value=_STRING),
        _tool("ask", question=_STRING),
        _tool("other", kind=_enum(list(_OTHER))),
    ]


def _enum(names: list[str]) -> dict[str, Any]:
    return _STRING | {"enum": names}


def _tool(name: str, **properties: dict[str, Any]) -> Tool:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def meant(calls: tuple[ToolCall, ...], state: Conversation, vault: Vault) -> Meant:
    """Return what the calls mean; raise `ModelFaultError` where one of them is not as the schema says."""
    if len(calls) > _MOST_CALLS or sum(len(one.arguments) for one in calls) > _MOST_CHARACTERS:
        raise ModelFaultError(Fault.TOO_LONG)
    reader = _Reader(state, vault)
    for call in calls:
        reader.read(call)
    return Meant(tuple(dict.fromkeys(reader.commands)), tuple(reader.words))


class _Reader:
    def __init__(self, state: Conversation, vault: Vault) -> None:
        self._state = state
        self._vault = vault
        self._flow = flows()[state.case.ticket_type] if state.case else None
        self.commands: list[Command] = []
        self.words: list[str] = []

    def read(self, call: ToolCall) -> None:
        """Take one call up."""
        match _parsed(call):
            case _Start() as start:
                self._start(tuple(_listed(one, startable()) for one in start.types))
            case _Slot() as fact:
                self._set(fact)
            case _Ask() as ask:
                self.commands.append(AskKnowledge(self._back(ask.question)))
            case _Kind() as other:
                self.commands.append(_OTHER[_listed(other.kind, list(_OTHER))])

    def _start(self, types: tuple[str, ...]) -> None:
        if len(types) > 1:
            self.commands.append(Clarify(types))
            return
        self._flow = flows()[types[0]]
        self.commands.append(StartFlow(types[0]))

    def _set(self, fact: _Slot) -> None:
        """Set a slot as the customer's own words would: by a button at hand, or as the ticket type hears it."""
        if self._flow is None or fact.slot not in slots_of(self._flow):
            raise ModelFaultError(Fault.BAD_SLOT)
        value = self._back(fact.value)
        chosen = self._option(fact.slot, value) or self._flow.hear(value.replace("_", " ")).get(fact.slot)
        if chosen:
            self.commands.append(SetSlot(fact.slot, chosen))
        else:
            self.words.append(value)

    def _option(self, slot: str, value: str) -> str | None:
        lowered = value.casefold().strip()
        for button in self._state.open_choices().values():
            kind, _, rest = button.id.partition(":")
            name, _, option = rest.partition(":")
            if kind == "slot" and name == slot and lowered in (option.casefold(), button.label.casefold()):
                return option
        return None

    def _back(self, text: str) -> str:
        text = self._vault.unmask(text)
        if PLACEHOLDER.search(text):
            # Not one of this conversation's, or in an address or in code.
            raise ModelFaultError(Fault.BAD_SLOT)
        return text


def _parsed(call: ToolCall) -> _Strict:
    shape = _SHAPES.get(call.name)
    if shape is None:
        raise ModelFaultError(Fault.UNKNOWN_COMMAND)
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise ModelFaultError(Fault.MALFORMED) from error
    try:
        return shape.model_validate(arguments)
    except ValidationError as error:
        raise ModelFaultError(Fault.BAD_SLOT) from error


def _listed(name: str, names: list[str]) -> str:
    if name not in names:
        raise ModelFaultError(Fault.BAD_SLOT)
    return name
