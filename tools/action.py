"""What an action declares, and the closed union of what a call to it can come to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from guardrails.identity import Level
from guardrails.verdict import Verdict
from tools.systems.base import CustomerId, Systems
from tools.systems.writes import Strict as Strict  # noqa: PLC0414  # actions take it from here


class Effect(StrEnum):
    READ = "read"
    WRITE = "write"


class Mode(StrEnum):
    """How far the agent may go on its own, per ticket type."""

    OFF = "off"
    #: Stops before anything happens and records what it would have done.
    SHADOW = "shadow"
    #: Every write waits for an operator's approval.
    ASSISTED = "assisted"
    AUTONOMOUS = "autonomous"


class Plan(Strict):
    """What a write would do, in words for the person who says yes to it."""

    title: str
    accept: str
    facts: tuple[tuple[str, str], ...]
    amount: int  # minor units
    currency: str
    needs_approval: bool = False
    #: What the operator is asked to approve, where the customer's title says that somebody is asked.
    approval_title: str = ""


class Done(Strict):
    status: Literal["done"] = "done"
    key: str
    output: dict[str, Any]
    receipt: str | None = None


class Refused(Strict):
    status: Literal["refused"] = "refused"
    gate: str
    code: str


class NeedsConfirmation(Strict):
    status: Literal["needs_confirmation"] = "needs_confirmation"
    plan: Plan


class NeedsApproval(Strict):
    status: Literal["needs_approval"] = "needs_approval"
    plan: Plan


class Proposed(Strict):
    status: Literal["proposed"] = "proposed"
    plan: Plan


class Unknown(Strict):
    """Nobody can say yet whether it happened: never told as success or as failure."""

    status: Literal["unknown"] = "unknown"
    key: str


Outcome = Done | Refused | NeedsConfirmation | NeedsApproval | Proposed | Unknown


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What preconditions and effects may see: the session's customer, never one that a message names."""

    customer: CustomerId
    systems: Systems
    rules: Any  # the model the action declares in `rules`, validated
    now: datetime
    conversation: str = ""


class Scope(StrEnum):
    """Whose calls a limit counts together."""

    TICKET = "ticket"
    CUSTOMER = "customer"
    COMPANY = "company"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A cap on done and running calls of an action since a moment, this call included."""

    code: str
    since: datetime
    scope: Scope = Scope.CUSTOMER
    max_count: int | None = None
    max_amount: int | None = None  # minor units


@dataclass(frozen=True, kw_only=True)
class Action:
    """One guarded effect or lookup, declared as a value."""

    name: str
    effect: Effect
    identity: Level
    input: type[Strict]
    output: type[Strict]
    execute: Callable[[Facts, Any, str], Awaitable[Strict]]
    preconditions: tuple[Callable[[Facts, Any], Awaitable[Verdict]], ...] = ()
    rules: type[BaseModel] | None = None
    policy: str | None = None
    #: The rest is for writes only.
    object_ref: Callable[[Facts, Any], str] = lambda _facts, _input: ""
    plan: Callable[[Facts, Any], Awaitable[Plan]] | None = None
    limits: Callable[[Facts, Any], tuple[Limit, ...]] = lambda _facts, _input: ()
    find: Callable[[Facts, Any, str], Awaitable[Strict | None]] | None = None
    verify: Callable[[Facts, Any, Any], Awaitable[bool]] | None = None
    receipt: Callable[[Any], str] | None = None
