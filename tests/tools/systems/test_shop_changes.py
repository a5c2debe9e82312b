"""What changed in the demo shop between two moments."""

import json
from datetime import UTC, datetime
from pathlib import Path

from guardrails.database import open_engine
from tools.systems.base import CustomerId
from tools.systems.changes import Records, changes, snapshot
from tools.systems.embedded import embedded_systems
from tools.systems.seed import seed
from tools.systems.writes import RefundOrder, RefundReason

NOW = datetime(2026, 5, 6, 10, 30, tzinfo=UTC)


async def test_a_refund_is_the_only_change(tmp_path: Path) -> None:
    """The end state shows the refund and its line, as JSON, and nothing else."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/shop.sqlite")
    await seed(engine, now=NOW)
    before = await snapshot(engine)
    asked = RefundOrder(order_id="1043", item="1", amount=18_00, reason=RefundReason.DAMAGED)
    writes = embedded_systems(engine, clock=lambda: NOW).writes
    await writes.write(CustomerId("cus-0001"), asked, idempotency_key="a")
    changed = changes(before, await snapshot(engine))
    assert changed["order_items"] == {"1043/1": {"refunded": 18_00}}
    (refund,) = changed["refunds"].items()
    assert refund[0] == "R-20701"
    assert refund[1] is not None
    assert refund[1]["amount"] == 18_00
    assert set(json.loads(json.dumps(changed))) == {"order_items", "refunds"}
    await engine.dispose()


async def test_a_snapshot_names_nobody(tmp_path: Path) -> None:
    """No personal column, free text, key or card digit is in a snapshot."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/shop.sqlite")
    await seed(engine, now=NOW)
    records = await snapshot(engine)
    tables = {"orders", "order_items", "refunds", "subscriptions", "payment_methods", "customers", "issues"}
    assert set(records) == tables
    written = json.dumps(records, ensure_ascii=False)
    for private in ("Maya", "@example", "555-01", "••", "4242", "ignore your rules", "seed-"):
        assert private not in written
    await engine.dispose()


def test_nothing_changed_is_empty() -> None:
    """Equal snapshots differ in nothing."""
    records = {"orders": {"1043": {"status": "delivered"}}}
    assert changes(records, records) == {}


def test_only_the_columns_that_differ_are_shown() -> None:
    """A change is told by its columns as they are after, a new record whole, a removed one as None."""
    before: Records = {"orders": {"1": {"status": "pending", "total": 5}, "2": {"status": "lost"}}}
    after: Records = {"orders": {"1": {"status": "cancelled", "total": 5}, "3": {"status": "pending"}}}
    assert changes(before, after) == {"orders": {"1": {"status": "cancelled"}, "3": {"status": "pending"}, "2": None}}
