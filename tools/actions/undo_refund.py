"""Take a refund back while the shop still holds it: ten minutes at Larkspur."""

from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs
from tools.actions.issue_refund import RefundRules
from tools.declare import Receipt, declare, of_order
from tools.systems.base import OrderId, Refund
from tools.systems.writes import UndoRefund as Input
from tools.words import money


class Output(Receipt):
    """The amount is zero: nothing moves."""

    order_id: str
    undone: int  # minor units that stay with us


async def _refund(facts: Facts, given: Input) -> Refund | None:
    refunds = await facts.systems.billing.refunds(facts.customer, OrderId(given.order_id))
    return next((refund for refund in refunds if refund.receipt == given.receipt), None)


async def _stands(facts: Facts, given: Input) -> Verdict:
    refund = await _refund(facts, given)
    if refund is None:
        return Denied("refund_not_found")
    return Denied("already_undone") if refund.undone else Allowed()


async def _plan(facts: Facts, given: Input) -> Plan:
    refund = await _refund(facts, given)
    if refund is None:
        raise LookupError("The refund went away between the check and the plan.")
    return Plan(
        title=f"Undo the refund of {money(refund.amount, refund.currency)}",
        accept="Undo it",
        facts=(("Order", given.order_id), ("Receipt", given.receipt)),
        amount=0,
        currency=refund.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    refund = await _refund(facts, given)
    return refund is not None and refund.undone


UNDO_REFUND = declare(
    input=Input,
    output=Output,
    rules=RefundRules,
    policy="POL-REFUND",
    object_ref=of_order,
    preconditions=(is_theirs, _stands),
    plan=_plan,
    # Undoing gives nothing away, so the caps of refunds do not count for it.
    limits=lambda _facts, _given: (),
    verify=_verify,
)
