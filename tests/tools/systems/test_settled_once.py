"""The shop settles an order line once, whoever asks for it and however late."""

import asyncio
from itertools import permutations
from typing import Any

import pytest
from counters import Counter
from samples import MAYA, SAMPLES, Sample, call
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.testing import NOW
from tools.action import Done, NeedsApproval, Refused
from tools.systems.base import CustomerId, Order, OrderId, RejectedError
from tools.systems.embedded import embedded_systems
from tools.systems.writes import kinds

WAYS = ("issue_refund", "create_replacement", "create_return", "exchange_items")
SAYS = {
    "issue_refund": {"already_refunded"},
    "create_replacement": {"line_replaced"},
    "create_return": {"line_returning", "return_under_way", "return_open"},
    "exchange_items": {"line_returning", "return_under_way", "return_open"},
}
PAIRS = [*permutations(WAYS, 2), ("create_replacement", "create_replacement")]


def write(name: str) -> Any:
    return kinds()[name].model_validate(SAMPLES[name].args)


async def larkspur(counter: Counter) -> Order:
    found = await counter.systems.orders.order(CustomerId(MAYA), OrderId("1043"))
    assert found is not None
    return found


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_a_line_is_settled_in_one_way_only(counter: Counter, first: str, second: str) -> None:
    """Refund, replacement, return and exchange of the same line exclude one another, and the code says why."""
    assert isinstance(await counter.does(SAMPLES[first]), Done)
    outcome = await counter.door.run(call(SAMPLES[second], NOW, case="cnv-sample.2"))
    assert isinstance(outcome, Refused)
    assert outcome.gate == "preconditions"
    assert outcome.code in SAYS[first]
    assert await counter.written() == 1


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_the_shop_itself_settles_a_line_once(shop: AsyncEngine, first: str, second: str) -> None:
    """A call that passed its gates before the other's effect loses inside the shop's own transaction."""
    writes = embedded_systems(shop, clock=lambda: NOW).writes
    await writes.write(CustomerId(MAYA), write(first), idempotency_key="k1")
    with pytest.raises(RejectedError) as rejected:
        await writes.write(CustomerId(MAYA), write(second), idempotency_key="k2")
    assert rejected.value.code in SAYS[first] | {"above_remaining"}


async def test_of_parallel_replacements_one_is_sent(shop: AsyncEngine) -> None:
    """Four calls under four keys make one new order."""
    writes = embedded_systems(shop, clock=lambda: NOW).writes
    asked = write("create_replacement")
    calls = [writes.write(CustomerId(MAYA), asked, idempotency_key=f"k{n}") for n in range(4)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    lost = [one.code for one in outcomes if isinstance(one, RejectedError)]
    assert lost == ["line_replaced"] * 3


async def test_a_refund_of_the_order_leaves_out_what_was_replaced(counter: Counter) -> None:
    """Of mug and towel the towel's price is left, and no more than that can be taken."""
    assert isinstance(await counter.does(SAMPLES["create_replacement"]), Done)
    whole = Sample("issue_refund", MAYA, SAMPLES["issue_refund"].args | {"item": None, "amount": 3500})
    refused = await counter.door.run(call(whole, NOW, case="cnv-sample.2"))
    assert refused == Refused(gate="preconditions", code="amount_changed")
    mug, towel = (await larkspur(counter)).items
    rest = Sample("issue_refund", MAYA, whole.args | {"amount": towel.unit_price * towel.quantity})
    assert isinstance(await counter.door.run(call(rest, NOW, case="cnv-sample.3")), Done)
    done = (await larkspur(counter)).items
    assert [(item.refunded, item.replaced) for item in done] == [(0, True), (rest.args["amount"], False)]
    assert mug.replaced


async def test_what_was_replaced_counts_toward_the_threshold(counter: Counter) -> None:
    """A small refund after a replacement that nearly reached the threshold waits for an operator."""
    asked = call(SAMPLES["create_replacement"], NOW)
    small = asked.rules.model_copy(update={"approval_over": 1800})
    done = await counter.door.run(call(SAMPLES["create_replacement"], NOW, rules=small))
    assert isinstance(done, Done)
    other = Sample("create_replacement", MAYA, SAMPLES["create_replacement"].args | {"lines": ["2"]})
    outcome = await counter.door.run(call(other, NOW, case="cnv-sample.2", rules=small))
    assert isinstance(outcome, NeedsApproval)
