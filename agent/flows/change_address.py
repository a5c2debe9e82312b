"""Another delivery address for an order that is still being packed."""

from agent.flow import Ask, Charter, Check, Decline, Do, Flow, Resolve, View
from agent.flows.orders import CHOOSE_PENDING, hear_order, order
from agent.flows.spoken import address, hear_address
from agent.flows.telling import done, order_fact
from guardrails.identity import Level
from tools.actions.update_shipping_address import UPDATE_SHIPPING_ADDRESS, Output
from tools.systems.base import OrderStatus


def hear(words: str) -> dict[str, str]:
    """Return the order number and the new address, as far as the words say."""
    heard = hear_address(words)
    # House numbers and postal codes look like order numbers.
    return {"address": heard} if heard else hear_order(words)


def _args(view: View) -> dict[str, object]:
    return {"order_id": view.case.slots["order_id"], "address": address(view.case.slots["address"])}


FLOW = Flow(
    ticket_type="change_address",
    policy="POL-ORDERS",
    labels=("update_shipping_address",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("orders", "address"),
    charter=Charter(
        scope="The delivery address of one order that has not left the warehouse.",
        success="The order reads back with the new address.",
        eligibility="The order is the customer's and still being packed.",
        never="A parcel on its way; another customer's order.",
        documented="Order, receipt, POL-ORDERS; never the address itself.",
        escalates="A parcel on its way that must be stopped; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_PENDING,
        Check(
            test=lambda view: order(view).status is OrderStatus.PENDING,
            otherwise=Decline(say=order_fact("too_late_for_address"), code="already_sent"),
        ),
        Ask(slot="address", ask="ask_address", options=lambda _view: (), parse=hear_address, thing=False),
        Do(
            action=UPDATE_SHIPPING_ADDRESS,
            args=_args,
            said=done("address_done", Output, order=lambda made: made.order_id),
            progress="changing_order",
        ),
        Resolve(code="address_changed"),
    ),
)
