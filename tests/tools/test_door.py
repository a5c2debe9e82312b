"""The one door: its gates, in their order, and what stands behind them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.testing import NOW, FaultyWrites, with_faults
from guardrails.audit import Audit
from guardrails.identity import Level, Principal
from guardrails.sealing import Sealer
from tools.action import Done, Mode, NeedsApproval, NeedsConfirmation, Proposed, Refused, Unknown
from tools.actions.issue_refund import ISSUE_REFUND, RefundRules
from tools.call import Call
from tools.keys import call_key
from tools.ledger import Ledger
from tools.run import Door
from tools.systems.base import CustomerId, OrderId, Systems
from tools.systems.embedded import embedded_systems

RULES = RefundRules(window_days=30, approval_over=20000, daily_count=3, daily_amount=100000, bank_days=4)
MUG = {"order_id": "1043", "item": "1", "amount": 1800, "reason": "damaged"}
SET = {"order_id": "1060", "item": None, "amount": 64000, "reason": "damaged"}
MAYA, TOMAS = "cus-0001", "cus-0002"


def call(args: dict[str, Any] = MUG, *, customer: str = MAYA, confirmed: bool = True, **more: Any) -> Call:
    """Return a call that passes every gate, changed as the test says."""
    made = Call(
        action=ISSUE_REFUND,
        args=args,
        conversation="cnv-test",
        case="cnv-test.1",
        principal=Principal(customer, Level.SIGNED_IN),
        allowlist=frozenset({ISSUE_REFUND.name}),
        rules=RULES,
        consents=frozenset({call_key(ISSUE_REFUND.name, args)}) if confirmed else frozenset(),
    )
    return replace(made, **more)


class Fixture:
    """A door on a freshly seeded shop, with a billing system that can fail."""

    def __init__(self, door: Door, systems: Systems, faults: FaultyWrites, audit: Audit) -> None:
        self.door = door
        self.systems = systems
        self.faults = faults
        self.audit = audit

    async def refunded(self, customer: str = MAYA, order: str = "1043") -> list[int]:
        return [one.amount for one in await self.systems.billing.refunds(CustomerId(customer), OrderId(order))]


@pytest.fixture
async def at(engine: AsyncEngine, home: Path) -> AsyncIterator[Fixture]:
    from guardrails.database import open_engine  # noqa: PLC0415

    shop = open_engine(f"sqlite+aiosqlite:///{home / 'larkspur.db'}")
    systems, faults = with_faults(embedded_systems(shop, clock=lambda: NOW))
    audit = Audit(engine, lambda: NOW)
    ledger = Ledger(engine, Sealer(engine, b"k" * 32), lambda: NOW, claim_seconds=1.0)
    yield Fixture(Door(systems, ledger, audit, clock=lambda: NOW), systems, faults, audit)
    await shop.dispose()


async def _no() -> bool:
    return False


GATES = [
    ("allowlisted", "not_allowlisted", call(allowlist=frozenset())),
    ("schema", "invalid_arguments", call({**MUG, "customer": TOMAS})),
    ("schema", "invalid_arguments", call({**MUG, "amount": -1})),
    ("identity", "identity_too_low", call(principal=Principal(None, Level.ANONYMOUS))),
    ("preconditions", "order_not_found", call({**MUG, "order_id": "9999"})),
    ("preconditions", "order_not_found", call(customer=TOMAS)),
    ("preconditions", "not_delivered_yet", call({**MUG, "order_id": "1051"})),
    ("preconditions", "outside_window", call({**MUG, "order_id": "1012"})),
    ("preconditions", "amount_changed", call({**MUG, "amount": 1799})),
    ("limits", "daily_amount", call(rules=RULES.model_copy(update={"daily_amount": 1799}))),
    ("shadow", "ticket_type_off", call(mode=Mode.OFF)),
    ("owner", "not_owner", call(may_act=_no)),
]


@pytest.mark.parametrize(("gate", "code", "refused"), GATES)
async def test_each_gate_refuses_by_its_code_and_nothing_happens(
    at: Fixture, gate: str, code: str, refused: Call
) -> None:
    """A refusal names its gate, is audited, and leaves shop and ledger alone."""
    assert await at.door.run(refused) == Refused(gate=gate, code=code)
    assert await at.refunded() == []
    assert await at.door.ledger.of_conversation("cnv-test") == ()
    assert [row.event.value for row in await at.audit.rows("cnv-test")] == ["refused"]


async def test_gates_hold_in_their_order(at: Fixture) -> None:
    """What fails two gates is refused by the first."""
    both = call({**MUG, "order_id": "9999"}, principal=Principal(None, Level.ANONYMOUS))
    outcome = await at.door.run(both)
    assert isinstance(outcome, Refused)
    assert outcome.gate == "identity"


async def test_shadow_proposes_and_does_nothing(at: Fixture) -> None:
    """In shadow even a confirmed call only says what it would do."""
    assert isinstance(await at.door.run(call(mode=Mode.SHADOW)), Proposed)
    assert await at.refunded() == []


async def test_without_a_yes_there_is_only_a_plan(at: Fixture) -> None:
    """The confirmation shows the exact amount."""
    outcome = await at.door.run(call(confirmed=False))
    assert isinstance(outcome, NeedsConfirmation)
    assert outcome.plan.title == "Refund $18.00"


@pytest.mark.parametrize("mode", [Mode.ASSISTED, Mode.AUTONOMOUS])
async def test_an_operator_approves_what_is_large_or_assisted(at: Fixture, mode: Mode) -> None:
    """Over the threshold, and always in assisted mode, the yes of an operator is needed too."""
    wanted = call(mode=mode) if mode is Mode.ASSISTED else call(SET, customer=TOMAS)
    assert isinstance(await at.door.run(wanted), NeedsApproval)
    assert isinstance(await at.door.run(replace(wanted, approved_by="op-sam")), Done)


async def test_the_same_call_again_replays_its_outcome(at: Fixture) -> None:
    """A done call is not done twice."""
    first = await at.door.run(call())
    assert await at.door.run(call()) == first
    assert await at.refunded() == [1800]


async def test_ten_at_once_have_one_effect(at: Fixture) -> None:
    """Concurrent identical calls end in one refund and one answer."""
    outcomes = await asyncio.gather(*(at.door.run(call()) for _ in range(10)))
    assert await at.refunded() == [1800]
    assert len({outcome.receipt for outcome in outcomes if isinstance(outcome, Done)}) == 1


async def test_a_time_out_after_the_effect_is_found_by_reading(at: Fixture) -> None:
    """What happened in silence is found in the system of record and told as done."""
    at.faults.silent_after_effect = True
    assert isinstance(await at.door.run(call()), Done)


async def test_what_nobody_can_say_is_unknown_until_it_can_be_read(at: Fixture) -> None:
    """A time-out is never a success; later the same key finds out and still refunds once."""
    at.faults.silent_after_effect = at.faults.blind = True
    assert isinstance(await at.door.run(call()), Unknown)
    at.faults.silent_after_effect = at.faults.blind = False
    assert isinstance(await at.door.run(call()), Done)
    assert await at.refunded() == [1800]


async def test_an_unknown_claim_blocks_its_object_for_every_case(at: Fixture) -> None:
    """While one refund of an order is unsettled no other may start."""
    at.faults.silent_after_effect = at.faults.blind = True
    await at.door.run(call())
    other = {**MUG, "item": "2", "amount": 1200}
    outcome = await at.door.run(call(other, case="cnv-test.2"))
    assert outcome == Refused(gate="claim", code="object_busy")


async def test_the_daily_limit_counts_parallel_claims(at: Fixture) -> None:
    """Two calls that each fit but not together: one is refused, by the claim's own count."""
    rules = RULES.model_copy(update={"daily_amount": 2000})
    towel = {**MUG, "item": "2", "amount": 1200}
    calls = [call(rules=rules), call(towel, rules=rules, case="cnv-test.2")]
    await asyncio.gather(*(at.door.run(one) for one in calls))
    assert sum(await at.refunded()) <= 2000
