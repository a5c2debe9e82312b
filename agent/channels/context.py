"""What an operator sees beside the conversation: the queue's rows and the context pane."""

from typing import Any

from agent.app_state import App
from agent.channels.projection import initials
from agent.conversation import Conversation
from agent.events import PacketFiled
from agent.handoff import last_line
from agent.staff import staff
from agent.takeover import Operator
from guardrails.audit import AuditEvent
from guardrails.identity import Level, Principal
from tools.action import Action, Done
from tools.actions.get_customer import GET_CUSTOMER
from tools.actions.list_orders import LIST_ORDERS
from tools.approvals import ApprovalState
from tools.call import Call
from tools.words import money

_ORDER = {"waiting": 0, "held": 1, "agent": 2}
_MOST_ROWS = 60


async def queue_rows(app: App) -> list[dict[str, Any]]:
    """Return the queue: waiting first, the longest waiting at the top; then held, then with the agent."""
    found = (await app.parts.store.open_rows()).items()
    # Sorted before it is cut: whoever has waited longest is also who has not written for longest.
    first = sorted(found, key=lambda one: _place(one[1]))[:_MOST_ROWS]
    return [await _row(app, await app.parts.store.load(conversation), meta) for conversation, meta in first]


def _place(meta: dict[str, str]) -> tuple[int, str, float]:
    return _ORDER[meta.get("state", "agent")], meta.get("waiting_since", ""), -float(meta["updated"])


async def _row(app: App, state: Conversation, meta: dict[str, str]) -> dict[str, Any]:
    holder = meta.get("holder") or None
    name = meta.get("holder_name", "")
    approvals = await app.parts.approvals.of_conversation(state.id) if state.customer else []
    return {
        "conversation": state.id,
        "state": meta.get("state", "agent"),
        "reason": meta.get("reason") or None,
        "waiting_since": meta.get("waiting_since") or None,
        "tier": meta.get("tier", "standard"),
        "last_line": last_line(state.transcript[-1] if state.transcript else None),
        "holder": {"id": holder, "name": name, "initials": initials(name)} if holder else None,
        "ticket_type": meta.get("ticket_type") or (state.cases[-1].ticket_type if state.cases else None),
        "approvals": sum(one.state is ApprovalState.WAITING for one in approvals),
        "updated_at": float(meta["updated"]),
    }


async def context_of(app: App, conversation: str, operator: Operator) -> dict[str, Any]:
    """Return the context pane of a conversation; an operator's look at real values is audited."""
    state = await app.parts.store.load(conversation)
    staff_events = await app.parts.store.read_staff(conversation)
    packets = [event.packet for event in staff_events if isinstance(event, PacketFiled)]
    customer = await _read(app, state, GET_CUSTOMER) if state.customer else None
    orders = await _read(app, state, LIST_ORDERS) if state.customer else None
    await app.parts.audit.append(conversation, AuditEvent.VIEW, {"operator": operator.id})
    return {
        "conversation": conversation,
        "holder": _holder(state.holder),
        "epoch": state.epoch,
        "customer": customer,
        "level": state.principal(app.parts.clock()).level.name.lower(),
        "orders": [_order(one) for one in orders["orders"][:8]] if orders else [],
        "packet": packets[-1] if packets else None,
        "approvals": await _approvals(app, state),
        "ticket": await _ticket(app, conversation),
    }


def _holder(operator: str | None) -> dict[str, str] | None:
    found = next((one for one in staff() if one.id == operator), None)
    return {"id": found.id, "name": found.name, "initials": found.initials} if found else None


async def _read(app: App, state: Conversation, action: Action) -> dict[str, Any] | None:
    """Read through the door as staff, for the conversation's own customer."""
    call = Call(
        action=action,
        args={},
        conversation=state.id,
        case=f"{state.id}.desk",
        principal=Principal(state.customer, Level.SIGNED_IN),
        allowlist=frozenset({action.name}),
    )
    outcome = await app.parts.door.run(call)
    return outcome.output if isinstance(outcome, Done) else None


def _order(order: dict[str, Any]) -> dict[str, Any]:
    total = money(order["total"], order["currency"])
    return {"id": order["id"], "status": order["status"], "total": total, "placed_at": order["placed_at"]}


async def _approvals(app: App, state: Conversation) -> list[dict[str, Any]]:
    gates = ("allowlist", "schema", "identity", "preconditions", "limits", "confirmation")
    return [
        {
            "id": one.id,
            "action": one.action,
            "title": one.title,
            "facts": one.facts,
            "state": one.state.value,
            "gates": [{"gate": gate, "verdict": "passed"} for gate in gates]
            + [{"gate": "approval", "verdict": "needed" if one.state is ApprovalState.WAITING else one.state.value}],
        }
        for one in await app.parts.approvals.of_conversation(state.id)
    ]


async def _ticket(app: App, conversation: str) -> dict[str, Any] | None:
    links = await app.helpdesk.links.of_conversation(conversation)
    if not links:
        return None
    newest = links[-1]
    number = newest.ref.number if newest.ref else None
    return {"number": number, "status": newest.status.value, "code": newest.code, "tags": newest.tags}
