"""A parcel that is late, lost, or marked delivered and not there."""

from agent.flow import Charter, Check, Do, Escalate, Flow, Look, Resolve, Tell, View
from agent.flows.lines import SETTLED
from agent.flows.orders import choose_order, hear_order, order, order_args
from agent.flows.telling import done, read_fact
from agent.reply import Said
from guardrails.identity import Level
from tools.actions.create_replacement import CREATE_REPLACEMENT, Output
from tools.actions.get_incidents import GET_INCIDENTS, IncidentView
from tools.actions.get_incidents import Output as Incidents
from tools.actions.get_shipment import GET_SHIPMENT
from tools.actions.get_shipment import Output as Shipment
from tools.systems.base import OrderStatus
from tools.words import day


def _shipment(view: View) -> Shipment:
    return view.read(GET_SHIPMENT, order_args(view), Shipment)


def _tell(view: View) -> tuple[Said, ...]:
    found = _shipment(view)
    ref, expected = f"shipment:{found.order_id}", day(found.expected_at) if found.expected_at else ""
    match found.status:
        case OrderStatus.LOST:
            return (read_fact("parcel_lost", ref, found, order=found.order_id),)
        case OrderStatus.SHIPPED if found.days_late:
            facts = {"order": found.order_id, "carrier": found.carrier or "", "expected": expected}
            return (read_fact("parcel_late", ref, found, **facts, days=str(found.days_late)),)
        case OrderStatus.SHIPPED:
            facts = {"order": found.order_id, "carrier": found.carrier or "", "expected": expected}
            return (read_fact("parcel_in_time", ref, found, **facts),)
        case OrderStatus.PENDING:
            return (read_fact("parcel_not_sent", ref, found, order=found.order_id),)
        case OrderStatus.CANCELLED:
            return (read_fact("parcel_cancelled", ref, found, order=found.order_id),)
    shown = day(found.delivered_at) if found.delivered_at else ""
    return (read_fact("parcel_delivered", ref, found, order=found.order_id, delivered=shown),)


def _tell_incidents(view: View) -> tuple[Said, ...]:
    """Say what is known to hold up this carrier or this very order while the parcel travels."""
    shipment, found = _shipment(view), view.read(GET_INCIDENTS, {}, Incidents)
    if shipment.status is not OrderStatus.SHIPPED:
        return ()
    held = [one for one in found.incidents if one.resolved_at is None and concerns(one, shipment)]
    return tuple(
        read_fact("incident", f"incident:{one.id}", found, title=one.title, message=one.message) for one in held
    )


def concerns(incident: IncidentView, shipment: Shipment) -> bool:
    """Answer whether an incident names the order or its carrier."""
    return not {shipment.order_id, shipment.carrier}.isdisjoint(incident.affects)


def _all_lines(view: View) -> dict[str, object]:
    lines = order(view).items
    left = [item.id for item in lines if item.amount] or [item.id for item in lines]
    return {"order_id": view.case.slots["order_id"], "lines": left}


def _is_lost(view: View) -> bool:
    return _shipment(view).status is OrderStatus.LOST


FLOW = Flow(
    ticket_type="late_parcel",
    policy="POL-ORDERS",
    labels=("shipping_delay_or_missing_package",),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "shipping"),
    instead=("refund", "replacement"),
    charter=Charter(
        scope="A parcel of the customer that is late, lost or not where it is said to be.",
        success="The customer knows where it is, or a lost one is sent again.",
        eligibility="The order is the customer's; it is sent again only when the carrier has given it up.",
        never="A second parcel while the first may still come.",
        documented="Order, state of the shipment, days late, a known incident, the new order.",
        escalates="Marked delivered but not received: a colleague asks the carrier for the proof of delivery.",
    ),
    steps=(
        *choose_order(lambda one: one.status in (OrderStatus.LOST, OrderStatus.SHIPPED)),
        Look(action=GET_SHIPMENT, args=order_args, progress="looking_shipment"),
        Look(action=GET_INCIDENTS, progress="looking_incidents"),
        Tell(say=_tell),
        Tell(say=_tell_incidents),
        Check(
            test=lambda view: _shipment(view).status is not OrderStatus.DELIVERED,
            otherwise=Escalate(reason="not_received"),
        ),
        Do(
            action=CREATE_REPLACEMENT,
            args=_all_lines,
            when=_is_lost,
            said=done(
                "replacement_done",
                Output,
                order=lambda made: made.new_order,
                expected=lambda made: day(made.expected_at),
            ),
            refused=SETTLED,
            progress="making_replacement",
        ),
        Resolve(code="parcel_traced"),
    ),
)
