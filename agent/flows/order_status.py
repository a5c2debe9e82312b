"""Where is my order: told from a fresh read, never from memory."""

from agent.flow import Flow, Resolve, Tell, View
from agent.flows.orders import CHOOSE_ORDER, hear_order, order
from agent.reply import Said, evidence
from agent.texts import text
from guardrails.identity import Level
from guardrails.outbound import Claim, EvidenceKind
from tools.systems.base import OrderStatus
from tools.words import day


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
    items = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    words = text(
        _key(found.status, dated=found.expected_at is not None),
        order=found.id,
        items=items,
        expected=day(found.expected_at) if found.expected_at else "",
        delivered=day(found.delivered_at) if found.delivered_at else "",
        carrier=found.carrier or "our carrier",
    )
    said = [Said(words=words, claim=Claim.ACCOUNT, evidence=proof)]
    if found.status is OrderStatus.SHIPPED and found.tracking:
        said.append(Said(words=text("order_tracking", tracking=found.tracking), claim=Claim.ACCOUNT, evidence=proof))
    return tuple(said)


_ORDER = frozenset(
    {"id", "status", "items.name", "placed_at", "delivered_at", "expected_at", "carrier", "tracking", "currency"}
)
_LIST = frozenset({"orders.id", "orders.items.name", "orders.placed_at", "orders.total", "orders.currency"})
FLOW = Flow(
    ticket_type="order_status",
    policy="POL-ORDERS",
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "shipping"),
    # How it was paid and what is left to refund is not a matter of where it is.
    reads={"get_order": _ORDER, "list_orders": _LIST},
    steps=(*CHOOSE_ORDER, Tell(say=tell_status), Resolve(code="status_given")),
    examples=(
        "Where is my order?",
        "where's my package",
        "When will order 1043 arrive?",
        "Has my parcel shipped yet?",
        "track my order",
        "Can you tell me the status of order 1051?",
        "my delivery is late, where is it",
        "What's happening with my order?",
        "I haven't received my order yet",
        "is it on its way?",
        "when does my stuff come",
        "order status please",
        "Any news on my shipment?",
        "I ordered a lamp last week and want to know when it gets here",
        "what is the tracking number for my order",
        "did you send my parcel out already",
        "how long until my package arrives",
        "still waiting for my delivery",
        "could you check on my order for me",
        "and where is order 1051?",
        "wheres my stuff",
        "has 1060 been delivered",
        "tracking info for my last order",
        "My order should have been here by now.",
    ),
)
