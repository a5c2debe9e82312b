"""How a write is declared: what it asks of a system of record, and what every write shares."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from guardrails.identity import Level
from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Action, Effect, Facts, Limit, Plan
from tools.limits import capped
from tools.systems.writes import Strict, Write, Written

Precondition = Callable[[Facts, Any], Awaitable[Verdict]]


class Receipt(Strict):
    """What every write answers with; actions add what their effect brought."""

    receipt: str
    amount: int  # minor units
    currency: str
    at: datetime


R = TypeVar("R", bound=Receipt)


def itself(_facts: Facts, given: Any) -> Any:
    """Return the input as what is asked: for most writes they are the same."""
    return given


def declare(  # noqa: PLR0913  # a write has this many parts, all named
    *,
    input: type[Strict],  # noqa: A002  # the word of every action
    output: type[R],
    plan: Callable[[Facts, Any], Awaitable[Plan]],
    object_ref: Callable[[Facts, Any], str],
    verify: Callable[[Facts, Any, Any], Awaitable[bool]],
    preconditions: tuple[Precondition, ...] = (),
    rules: type[BaseModel] | None = None,
    policy: str | None = None,
    name: str = "",
    asked: Callable[[Facts, Any], Write] = itself,
    limits: Callable[[Facts, Any], tuple[Limit, ...]] = capped,
    identity: Level = Level.SIGNED_IN,
    even_frozen: bool = False,
) -> Action:
    """Return the action; it executes, finds and verifies through the systems' `writes`."""

    async def execute(facts: Facts, given: Any, key: str) -> R:
        return told(
            output, given, await facts.systems.writes.write(facts.customer, asked(facts, given), idempotency_key=key)
        )

    async def find(facts: Facts, given: Any, key: str) -> R | None:
        found = await facts.systems.writes.find(facts.customer, key)
        return told(output, given, found) if found else None

    return Action(
        name=name or getattr(input, "kind", ""),
        effect=Effect.WRITE,
        identity=identity,
        input=input,
        output=output,
        execute=execute,
        preconditions=preconditions if even_frozen else (not_frozen, *preconditions),
        rules=rules,
        policy=policy,
        object_ref=object_ref,
        plan=plan,
        limits=limits,
        find=find,
        verify=verify,
        receipt=lambda made: made.receipt,
    )


def told(output: type[R], given: Strict, written: Written) -> R:
    """Return the action's output from what was asked and what was done."""
    known = {**given.model_dump(), **written.details, **written.model_dump(include=set(Receipt.model_fields))}
    return output.model_validate({name: known[name] for name in output.model_fields if name in known})


def of_order(_facts: Facts, given: Any) -> str:
    """Name the order: one effect on it at a time."""
    return f"order:{given.order_id}"


def of_subscription(_facts: Facts, given: Any) -> str:
    """Name the subscription: one effect on it at a time."""
    return f"subscription:{given.subscription}"


def of_account(facts: Facts, _given: Any) -> str:
    """Name the account: one effect on it at a time."""
    return f"account:{facts.customer}"


async def not_frozen(facts: Facts, _given: Any) -> Verdict:
    """Refuse every write to an account that was frozen until an operator lifts it."""
    customer = await facts.systems.accounts.customer(facts.customer)
    if customer is None:
        return Denied("customer_not_found")
    return Denied("account_frozen") if customer.frozen else Allowed()


async def on_record(facts: Facts, _given: Any, output: Receipt) -> bool:
    """Read the receipt back: the system has it for this customer, with the same amount."""
    found = await facts.systems.accounts.done(facts.customer, output.receipt)
    return found is not None and found.amount == output.amount
