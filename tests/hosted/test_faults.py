"""Whatever is wrong with the model, the customer is answered by the embedded one, once, and the fault is counted."""

import json
import time
from typing import Any

import pytest

from agent.events import AgentSaid
from agent.model import Fault
from agent.testing import Chat
from agent.testing_model import Break, Open, Script, calls, megabyte
from guardrails.audit import AuditEvent

FAULTS = [
    (Script(breaks=Break.HANG), Fault.TIMEOUT),
    (Script(breaks=Break.RATE_LIMIT), Fault.RATE_LIMITED),
    (Script(breaks=Break.SERVER_ERROR), Fault.SERVER),
    (Script(breaks=Break.NOT_JSON), Fault.SERVER),
    (Script(breaks=Break.NO_CHOICES), Fault.EMPTY),
    (Script(breaks=Break.CLOSED), Fault.SERVER),
    (Script(breaks=Break.DIES, calls=(("other", '{"kind": "cancel"}'),)), Fault.SERVER),
    (Script(words="I'm sorry, I can't help with that."), Fault.REFUSED),
    (Script(refusal="No."), Fault.REFUSED),
    (Script(finish="content_filter"), Fault.REFUSED),
    (Script(), Fault.EMPTY),
    (Script(calls=(("start", '{"type": "ref'),)), Fault.MALFORMED),
    (Script(calls=(("start", "[" * 3000),)), Fault.SERVER),
    (Script(calls=(("start", "[]"),)), Fault.BAD_SLOT),
    (calls(("issue_refund", {"order_id": "1043", "amount": 99900})), Fault.UNKNOWN_COMMAND),
    (calls(("ask", {"question": "x"}), ("", {})), Fault.UNKNOWN_COMMAND),
    (calls(("start", {"types": ["delete_everything"]})), Fault.BAD_SLOT),
    (calls(("start", {"types": ["refund"], "customer": "cus-0002"})), Fault.BAD_SLOT),
    (calls(("start", {"types": ["refund"], "identity": 3})), Fault.BAD_SLOT),
    (calls(("start", {"types": ["refund"]}), ("set", {"slot": "amount", "value": "999"})), Fault.BAD_SLOT),
    (calls(("start", {"types": ["refund"]}), ("set", {"slot": "customer_id", "value": "cus-0002"})), Fault.BAD_SLOT),
    (calls(("set", {"slot": "order_id", "value": "1043"})), Fault.BAD_SLOT),
    (calls(("ask", {"question": "who is <PERSON_9>?"})), Fault.BAD_SLOT),
    (calls(*[("other", {"kind": "cancel"})] * 20), Fault.TOO_LONG),
    (megabyte(), Fault.TOO_LONG),
]  # fmt: skip


async def turn_row(chat: Chat) -> dict[str, Any]:
    rows = await chat.parts.audit.rows(chat.id)
    return next(row.fields for row in reversed(rows) if row.event is AuditEvent.TURN)


@pytest.mark.parametrize(("script", "fault"), FAULTS, ids=lambda one: one.value if isinstance(one, Fault) else "")
async def test_a_fault_costs_the_customer_nothing(hosted: Open, script: Script, fault: Fault) -> None:
    """S2: words are no answer; each sentence is said once, from the account, and the turn's row names the fault."""
    here = await hosted(lambda _: script, model_timeout=0.5 if fault is Fault.TIMEOUT else 5.0)
    maya = await here.chat()
    assert "1051" in await maya.says("Where is order 1051?")
    said = [event.text for event in await maya.log() if isinstance(event, AgentSaid)]
    assert len(said) == len(set(said))
    assert (await turn_row(maya))["model_fault"] == fault.value


async def test_a_dead_model_costs_few_customers_the_time_out(hosted: Open) -> None:
    """After three faults in a row the model rests, and nobody waits for it."""
    here = await hosted(lambda _: Script(breaks=Break.HANG), model_timeout=0.4)
    maya = await here.chat()
    for _ in range(3):
        await maya.says("Where is order 1051?")
    asked, begun = len(here.server.requests), time.perf_counter()
    await maya.says("Where is order 1051?")
    assert (await turn_row(maya))["model_fault"] == Fault.RESTING.value
    assert len(here.server.requests) == asked
    assert time.perf_counter() - begun < 5


async def test_a_failed_call_is_tried_once_more(hosted: Open) -> None:
    """One retry and no second: a provider's hiccup is not a fault, and an outage is not a storm."""
    here = await hosted()
    here.answers(Script(breaks=Break.SERVER_ERROR), calls(("start", {"types": ["order_status"]})))
    maya = await here.chat()
    await maya.says("what about my stuff")
    assert (await turn_row(maya))["model_fault"] is None
    here.answers(Script(breaks=Break.SERVER_ERROR))
    before = len(here.server.requests)
    await maya.says("what about my lamp then")
    assert len(here.server.requests) == before + 2


async def test_a_spent_budget_falls_back(hosted: Open) -> None:
    """Tokens of the day are shared by all processes; without any left the embedded model answers."""
    here = await hosted(daily_tokens=100)
    maya = await here.chat()
    assert "1051" in await maya.says("Where is order 1051?")
    assert (await turn_row(maya))["model_fault"] == Fault.BUDGET.value
    assert here.server.requests == []


async def test_without_knowing_whose_values_to_mask_nothing_is_sent(hosted: Open) -> None:
    """A customer whose account cannot be read is not shown to a model."""
    here = await hosted()
    ghost = await here.chat("cus-9999")
    await ghost.says("Where is my order?")
    assert (await turn_row(ghost))["model_fault"] == Fault.UNMASKED.value
    assert here.server.requests == []


async def test_tools_work_beside_chainlit(hosted: Open) -> None:
    """LiteLLM's `tools=` imports a module that needs another `mcp` than Chainlit's: calls must come through."""
    here = await hosted(lambda _: calls(("other", {"kind": "person"})))
    maya = await here.chat()
    await maya.says("blah blah")
    assert (await turn_row(maya))["model_fault"] is None
    assert {one["function"]["name"] for one in here.server.requests[0]["tools"]} >= {"start", "set", "ask", "other"}
    assert "customer" not in json.dumps(here.server.requests[0]["tools"])
