"""Between a check and its use a thing may go away: that is a fault to be seen, never a write made up from nothing."""

from typing import Any

import pytest
from counters import Counter
from samples import MAYA, SAMPLES, all_actions, call

from agent.testing import NOW
from tools.action import Facts, NeedsConfirmation, Unknown
from tools.systems.base import CustomerId

GONE: list[tuple[str, dict[str, Any]]] = [
    ("cancel_order", {"order_id": "9999", "reason": "too_slow"}),
    ("undo_refund", {"order_id": "1043", "receipt": "R-9"}),
    ("cancel_subscription", {"subscription": "plus-9999"}),
    ("pause_subscription", {"subscription": "plus-0008", "periods": 1}),
    ("change_plan", {"subscription": "plus-0001", "plan": "nowhere", "due_today": 1}),
    ("create_return", {"order_id": "1043", "lines": ["1"], "payment_method": "card-9999"}),
]


def facts(counter: Counter, customer: str) -> Facts:
    """Return what an action may see."""
    return Facts(customer=CustomerId(customer), systems=counter.systems, rules=None, now=NOW)


@pytest.mark.parametrize(("name", "args"), GONE)
async def test_what_went_away_has_no_plan(counter: Counter, name: str, args: dict[str, Any]) -> None:
    """No card is shown for what is not there."""
    action = all_actions()[name]
    assert action.plan
    with pytest.raises(LookupError):
        await action.plan(
            facts(counter, "cus-0008" if "0008" in str(args) else MAYA), action.input.model_validate(args)
        )


@pytest.mark.parametrize("name", ["get_customer", "get_order"])
async def test_what_went_away_is_not_read(counter: Counter, name: str) -> None:
    """A read whose record vanished is a fault, not an empty answer."""
    action = all_actions()[name]
    args = {"order_id": "9999"} if "order_id" in action.input.model_fields else {}
    with pytest.raises(LookupError):
        await action.execute(facts(counter, "cus-9999"), action.input.model_validate(args), "")


async def test_what_went_away_is_not_verified(counter: Counter) -> None:
    """A profile that cannot be read back was not changed."""
    sample = SAMPLES["update_profile"]
    verify = sample.action.verify
    assert verify
    given = sample.action.input.model_validate(sample.args)
    assert await verify(facts(counter, "cus-9999"), given, None) is False


async def test_a_shop_that_only_reads_can_still_show_the_card(counter: Counter) -> None:
    """The plan needs no write; the write itself is then neither told as done nor as refused."""
    counter.faults.down = True
    assert isinstance(await counter.door.run(call(SAMPLES["add_tags"], NOW, confirmed=False)), NeedsConfirmation)
    assert isinstance(await counter.door.run(call(SAMPLES["add_tags"], NOW)), Unknown)
