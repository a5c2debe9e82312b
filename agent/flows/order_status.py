"""Where is my order: told from a fresh read, never from memory."""

from agent.events import Choice
from agent.flow import Charter, Flow, Resolve, Tell, View
from agent.flows.orders import choose_order, hear_order, is_under_way, order
from agent.reply import Said, evidence
from agent.texts import text
from guardrails.identity import Level
from guardrails.outbound import Claim, EvidenceKind
from tools.systems.base import OrderStatus
from tools.words import day, listed


def _key(status: OrderStatus, *, dated: bool) -> str:
    match status:
        case OrderStatus.PENDING:
            return "order_pending" if dated else "order_pending_no_date"
        case OrderStatus.SHIPPED:
            return "order_shipped" if dated else "order_shipped_no_date"
        case OrderStatus.DELIVERED:
            return "order_delivered"
        case OrderStatus.LOST:
            return "order_lost"
        case OrderStatus.CANCELLED:
            return "order_cancelled"
        case OrderStatus.PARTLY_RETURNED:
            return "order_partly_returned"


def tell_status(view: View) -> tuple[Said, ...]:
    """Say where the order is, and the tracking number while it travels."""
    found = order(view)
    proof = (evidence(EvidenceKind.READ, f"order:{found.id}", found.model_dump(mode="json")),)
    names = [item.name for item in found.items]
    items = listed(names) if names else text("no_items")
    words = text(
        _key(found.status, dated=found.expected_at is not None),
        order=found.id,
        items=items,
        expected=day(found.expected_at) if found.expected_at else "",
        delivered=day(found.delivered_at) if found.delivered_at else "",
        carrier=found.carrier or text("our_carrier"),
    )
    refund = Choice(id="start:refund", label=text("starter_refund"))
    choices = (refund,) if found.status is OrderStatus.LOST else ()
    said = [Said(words=words, claim=Claim.ACCOUNT, evidence=proof, choices=choices)]
    if found.status is OrderStatus.SHIPPED and found.tracking:
        said.append(Said(words=text("order_tracking", tracking=found.tracking), claim=Claim.ACCOUNT, evidence=proof))
    return tuple(said)


_ORDER = frozenset(
    {"id", "status", "items.name", "placed_at", "delivered_at", "expected_at", "carrier", "tracking", "currency"}
)
_LIST = frozenset(
    {"orders.id", "orders.status", "orders.items.name", "orders.placed_at", "orders.total", "orders.currency"}
)
FLOW = Flow(
    ticket_type="order_status",
    policy="POL-ORDERS",
    labels=("order_status",),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "shipping"),
    # How it was paid and what is left to refund is not a matter of where it is.
    reads={"get_order": _ORDER, "list_orders": _LIST},
    charter=Charter(
        scope="Where an order of the customer is.",
        success="The state was told from a read of this turn.",
        eligibility="The order is the customer's.",
        never="Payment details; a day that the system of record does not have.",
        documented="Order and state.",
        escalates="The order system does not answer; the customer asks for a person.",
    ),
    steps=(*choose_order(is_under_way), Tell(say=tell_status), Resolve(code="status_given")),
)
