"""Where a refund is: told from the billing system, never from what was said before."""

from agent.flow import Charter, Flow, Look, Resolve, Tell, View
from agent.flows.orders import CHOOSE_ORDER, hear_order, order_args
from agent.flows.telling import read_fact
from agent.reply import Said
from guardrails.identity import Level
from tools.actions.get_refunds import GET_REFUNDS, Output
from tools.words import day, money


def _tell(view: View) -> tuple[Said, ...]:
    found = view.read(GET_REFUNDS, order_args(view), Output)
    ref = f"refunds:{found.order_id}"
    if not found.refunds:
        return (read_fact("refund_none", ref, found, order=found.order_id),)
    newest = max(found.refunds, key=lambda one: one.created_at)
    facts = {
        "order": found.order_id,
        "amount": money(newest.amount, newest.currency),
        "method": found.payment_method,
        "receipt": newest.receipt,
        "arrives": day(newest.arrives_by),
        "sent": day(newest.created_at),
    }
    key = "refund_should_be_there" if newest.arrives_by < view.now else "refund_on_its_way"
    return (read_fact(key, ref, found, **facts),)


FLOW = Flow(
    ticket_type="refund_status",
    policy="POL-REFUND",
    labels=("refund_status",),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("billing", "refund"),
    charter=Charter(
        scope="Refunds of the customer's own orders.",
        success="The customer knows amount, way and day, from a read of this turn.",
        eligibility="The order is the customer's.",
        never="Promising a day that the billing system does not have.",
        documented="Order, receipt of the newest refund.",
        escalates="The billing system does not answer; the customer asks for a person.",
    ),
    steps=(
        *CHOOSE_ORDER,
        Look(action=GET_REFUNDS, args=order_args, progress="looking_refunds"),
        Tell(say=_tell),
        Resolve(code="status_given"),
    ),
)
