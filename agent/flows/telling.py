"""How flows say what was done and what is so: each sentence with the receipt or the read behind it."""

from collections.abc import Callable
from typing import Any, TypeVar

from agent.flow import View
from agent.flows.orders import order
from agent.reply import Said, evidence, person_button, plain
from agent.texts import text
from guardrails.outbound import Claim, Evidence, EvidenceKind
from tools.action import Strict
from tools.actions.get_order import OrderView
from tools.declare import Receipt
from tools.words import day, money

R = TypeVar("R", bound=Receipt)


def done(key: str, output: type[R], **facts: Callable[[R], str]) -> Callable[[dict[str, Any]], tuple[Said, ...]]:
    """Return what says that a write is done; `amount` and `receipt` may stand in every such text."""

    def say(written: dict[str, Any]) -> tuple[Said, ...]:
        made = output.model_validate(written)
        known = {"amount": money(made.amount, made.currency), "receipt": made.receipt}
        words = text(key, **known, **{name: of(made) for name, of in facts.items()})
        proof = evidence(EvidenceKind.RECEIPT, made.receipt, made.model_dump(mode="python"))
        return (Said(words=words, claim=Claim.ACTION, evidence=(proof,)),)

    return say


def order_proof(view: View) -> tuple[Evidence, ...]:
    """Return the case's order, as read in this turn, as evidence."""
    found = order(view)
    return (evidence(EvidenceKind.READ, f"order:{found.id}", found.model_dump(mode="json")),)


def order_fact(key: str, **facts: Callable[[OrderView], str]) -> Callable[[View], tuple[Said, ...]]:
    """Return what says something of the case's order, with a person as the way out."""

    def say(view: View) -> tuple[Said, ...]:
        found = order(view)
        words = text(key, order=found.id, **{name: of(found) for name, of in facts.items()})
        return (Said(words=words, claim=Claim.ACCOUNT, evidence=order_proof(view), choices=(person_button(),)),)

    return say


def read_fact(key: str, ref: str, read: Strict, **facts: str) -> Said:
    """Return one sentence about something else that this turn has read."""
    proof = evidence(EvidenceKind.READ, ref, read.model_dump(mode="json"))
    return Said(words=text(key, **facts), claim=Claim.ACCOUNT, evidence=(proof,), choices=(person_button(),))


def only(key: str) -> Callable[[View], tuple[Said, ...]]:
    """Return what says a text that claims nothing of the account, with a person as the way out."""

    def say(_view: View) -> tuple[Said, ...]:
        return (plain(key, person_button()),)

    return say


def delivered(found: OrderView) -> str:
    """Return the day an order was delivered, as it is read."""
    return day(found.delivered_at) if found.delivered_at else ""
