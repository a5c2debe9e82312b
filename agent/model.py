"""A hosted model as the rest of the program knows it: messages in; calls or words, and what they cost, out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Message = dict[str, str]
Tool = dict[str, Any]


class Fault(StrEnum):
    """Why a model's answer was not used; the embedded model or the template answers instead."""

    TIMEOUT = "timeout"
    #: The library that speaks to models is still being imported.
    LOADING = "loading"
    RATE_LIMITED = "rate_limited"
    SERVER = "server"
    CONNECTION = "connection"
    REFUSED = "refused"
    EMPTY = "empty"
    MALFORMED = "malformed"
    UNKNOWN_COMMAND = "unknown_command"
    BAD_SLOT = "bad_slot"
    TOO_LONG = "too_long"
    #: The stream ended before its end was said.
    CUT_OFF = "cut_off"
    #: Today's tokens or money are spent.
    BUDGET = "budget"
    #: After faults in a row the model is left alone for a while.
    RESTING = "resting"
    #: Not known whose data it is, so nothing can be sent.
    UNMASKED = "unmasked"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Usage:
    """Tokens, and money in millionths of a US dollar."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    micro_usd: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.micro_usd + other.micro_usd,
        )


class ModelFaultError(Exception):
    """The model did not give an answer that can be used; `usage` is what it cost all the same."""

    def __init__(self, fault: Fault, usage: Usage | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.usage = usage or Usage()


@dataclass(frozen=True)
class ToolCall:
    """One call as the model wrote it: nothing of it is checked yet."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    calls: tuple[ToolCall, ...]
    usage: Usage


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """What one call of the model came to, for the trace and the audit row."""

    purpose: str
    model: str
    #: Layer name to content hash.
    prompts: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    milliseconds: int = 0
    fault: Fault | None = None

    @property
    def line(self) -> str:
        """Return the trace line: ids, enums and counts only."""
        usage = self.usage
        hashes = " ".join(f"{name}:{value}" for name, value in self.prompts.items())
        counts = f"{usage.prompt_tokens}+{usage.completion_tokens} tokens, ${usage.micro_usd / 1_000_000:.6f}"
        fault = f", fault {self.fault}" if self.fault else ""
        return f"{self.purpose} {self.model}: {counts}, {self.milliseconds} ms{fault}, prompts {hashes}"


def summed(calls: Sequence[ModelCall]) -> dict[str, str | int | bool | None]:
    """Return the audit fields of a turn's calls; none where no model was asked."""
    if not calls:
        return {}
    usage = sum((call.usage for call in calls), Usage())
    faults = [call.fault for call in calls if call.fault]
    return {
        "model": calls[0].model,
        "model_calls": len(calls),
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "micro_usd": usage.micro_usd,
        "model_milliseconds": sum(call.milliseconds for call in calls),
        "model_fault": faults[0].value if faults else None,
        **{f"prompt_{name}": value for call in calls for name, value in call.prompts.items()},
    }


class Model(Protocol):
    """A hosted model; every failure is a `ModelFaultError`."""

    @property
    def name(self) -> str: ...

    def price(self, usage: Usage) -> int:
        """Return what so many tokens cost, in millionths of a US dollar; 0 where it is not known."""
        ...

    async def ask(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Answer:
        """Return the model's calls."""
        ...

    async def stream(self, messages: Sequence[Message], piece: Callable[[str], None]) -> Usage:
        """Give each piece of the model's words to `piece` as it comes; what came before a fault has been given."""
        ...
