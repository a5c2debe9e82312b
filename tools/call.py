"""A request to the door, made from the session: no field of it comes from a model or a message."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from guardrails.identity import Principal
from tools.action import Action, Mode
from tools.keys import call_key

Checkpoint = Callable[[str], Awaitable[None]]


async def no_checkpoint(_name: str) -> None:
    """In production a checkpoint is nothing; kill tests stop a process at one."""


async def always() -> bool:
    """Answer that the caller may act: for calls that no conversation's owner can forbid."""
    return True


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to the door, made by the hub or the desk from the session; no field comes from a model or a message."""

    action: Action
    args: dict[str, Any]
    conversation: str
    case: str
    principal: Principal
    allowlist: frozenset[str]
    mode: Mode = Mode.AUTONOMOUS
    rules: Any = None
    policy_hash: str | None = None
    consents: frozenset[str] = frozenset()
    approved_by: str | None = None
    #: Dotted names of the output fields that may leave the door; None for all that the action declares.
    reads: frozenset[str] | None = None
    #: The last check before the claim: does the caller still hold the conversation?
    may_act: Callable[[], Awaitable[bool]] = always

    @property
    def key(self) -> str:
        """Return the key that a consent and an outcome are stored under."""
        return call_key(self.action.name, self.args)
