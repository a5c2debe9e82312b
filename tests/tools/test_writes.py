"""Every write: planned, done once, verified, found again, and never without the yes."""

import pytest
from counters import Counter
from samples import SAMPLES, WRITES, Sample, call

from agent.testing import NOW
from guardrails.identity import Level, Principal
from tools.action import Done, NeedsConfirmation, Refused, Unknown
from tools.keys import idempotency_key
from tools.systems.base import CustomerId
from tools.systems.changes import changes, snapshot

EACH = pytest.mark.parametrize("name", sorted(SAMPLES))
COUNTED = {name: 2 if sample.before else 1 for name, sample in SAMPLES.items()}


def test_every_write_has_a_sample() -> None:
    """The tables below leave no write out, and the shop can do each."""
    assert set(SAMPLES) == set(WRITES)


async def test_a_write_without_a_yes_is_a_plan_and_nothing_else(counter: Counter) -> None:
    """The card has a title, a verb and facts; the shop is as it was."""
    for name in sorted(set(SAMPLES) - {"undo_refund"}):
        outcome = await counter.door.run(call(SAMPLES[name], NOW, confirmed=False))
        assert isinstance(outcome, NeedsConfirmation), name
        assert outcome.plan.title
        assert outcome.plan.accept
        assert all(label and value for label, value in outcome.plan.facts)
    assert await counter.written() == 0


@EACH
async def test_a_write_is_done_once_and_replayed(counter: Counter, name: str) -> None:
    """The same call again is the same answer, with one effect on the shop's record."""
    first = await counter.does(SAMPLES[name])
    assert isinstance(first, Done)
    assert first.receipt
    assert await counter.door.run(call(SAMPLES[name], NOW)) == first
    assert await counter.written() == COUNTED[name]


@EACH
async def test_an_effect_in_silence_is_found(counter: Counter, name: str) -> None:
    """A time-out after the effect: the shop is asked, and says that it happened."""
    sample = SAMPLES[name]
    if sample.before:
        await counter.does(SAMPLES[sample.before])
    counter.faults.silent_after_effect = True
    outcome = await counter.door.run(call(sample, NOW))
    assert isinstance(outcome, Done)
    found = await counter.systems.writes.find(
        CustomerId(sample.customer), idempotency_key("cnv-sample.1", call(sample, NOW).key)
    )
    assert found
    assert found.receipt == outcome.receipt


@EACH
async def test_what_cannot_be_read_back_is_not_told_as_done(counter: Counter, name: str) -> None:
    """Neither seen nor found: unknown, and the object is blocked until somebody looks."""
    sample = SAMPLES[name]
    if sample.before:
        await counter.does(SAMPLES[sample.before])
    counter.faults.silent_after_effect = counter.faults.blind = True
    assert isinstance(await counter.door.run(call(sample, NOW)), Unknown)
    other = await counter.door.run(call(sample, NOW, case="cnv-sample.2"))
    assert not isinstance(other, Done)


async def test_nobody_writes_anonymously(counter: Counter) -> None:
    """A write needs a customer who is signed in."""
    for sample in SAMPLES.values():
        nobody = call(sample, NOW, principal=Principal(None, Level.ANONYMOUS))
        assert await counter.door.run(nobody) == Refused(gate="identity", code="identity_too_low")


async def test_a_frozen_account_is_left_alone(counter: Counter) -> None:
    """After a report of abuse nothing is written until an operator lifts it."""
    for customer in {sample.customer for sample in SAMPLES.values()}:
        frozen = Sample("freeze_account", customer, {"reason": "compromised"})
        assert isinstance(await counter.door.run(call(frozen, NOW, case=f"cnv-{customer}")), Done)
    for name in sorted(set(SAMPLES) - {"add_tags", "freeze_account", "open_engineering_ticket"}):
        outcome = await counter.door.run(call(SAMPLES[name], NOW))
        assert outcome == Refused(gate="preconditions", code="account_frozen"), name


@EACH
async def test_a_case_answers_its_own_customer_only(counter: Counter, name: str) -> None:
    """What was done for one customer is replayed to nobody else, whatever the case says."""
    assert isinstance(await counter.does(SAMPLES[name]), Done)
    other = call(SAMPLES[name], NOW, principal=Principal("cus-0060", Level.SIGNED_IN))
    assert await counter.door.run(other) == Refused(gate="standing", code="other_customer")


@EACH
async def test_a_write_changes_what_it_says(counter: Counter, name: str) -> None:
    """The end state differs exactly in the tables that the action is about."""
    sample = SAMPLES[name]
    if sample.before:
        await counter.does(SAMPLES[sample.before])
    before = await snapshot(counter.shop)
    await counter.door.run(call(sample, NOW))
    assert set(changes(before, await snapshot(counter.shop))) == TABLES[name]


TABLES: dict[str, set[str]] = {
    "issue_refund": {"order_items", "refunds"},
    "undo_refund": {"order_items", "refunds"},
    "issue_credit": {"payment_methods"},
    "create_return": {"orders", "order_items"},
    "exchange_items": {"orders", "order_items"},
    "create_replacement": {"orders", "order_items"},
    "cancel_order": {"orders"},
    "change_order_items": {"orders", "order_items", "payment_methods"},
    "change_payment_method": {"payment_methods"},  # who pays is personal and in no snapshot
    "update_shipping_address": set(),  # an address is in no snapshot
    "cancel_subscription": {"subscriptions"},
    "pause_subscription": {"subscriptions"},
    "resume_subscription": {"subscriptions"},
    "change_plan": {"subscriptions"},
    "start_password_reset": set(),
    "resend_verification": set(),
    "update_profile": {"customers"},
    "add_tags": {"customers"},
    "freeze_account": {"customers"},
    "open_engineering_ticket": {"issues"},
}


async def test_a_plan_shows_the_proration(counter: Counter) -> None:
    """Before the yes: what is left of the old plan, what is charged today, and when it renews."""
    outcome = await counter.door.run(call(SAMPLES["change_plan"], NOW, confirmed=False))
    assert isinstance(outcome, NeedsConfirmation)
    plan = outcome.plan
    assert plan.title == "Change to Larkspur Plus Yearly"
    assert plan.accept == "Change for $73.25"
    assert ("Left of what you paid", "$6.65") in plan.facts
    assert ("Charged today", "$73.25") in plan.facts
