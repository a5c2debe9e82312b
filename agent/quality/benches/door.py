"""What the door itself costs a write: its gates, ledger, sealing and audit on SQLite; the shop answers from memory."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from agent.quality.bench import Figure
from guardrails.audit import Audit
from guardrails.database import create_all, open_engine
from guardrails.identity import Level, Principal
from guardrails.sealing import Sealer
from tools.action import Done
from tools.actions.update_shipping_address import UPDATE_SHIPPING_ADDRESS
from tools.call import Call
from tools.keys import call_key
from tools.ledger import Ledger
from tools.rules import OrderRules
from tools.run import Door
from tools.systems.tau_retail import tau_systems

ROUNDS, WARM = 300, 30
_PLACE = {"address1": "1 Fern Road", "address2": "", "city": "Salem", "state": "OR", "country": "USA", "zip": "97301"}
_ITEM = {"name": "Lamp", "product_id": "p1", "item_id": "i1", "price": 20.0, "options": {"color": "blue"}}
_SHOP: dict[str, dict[str, dict[str, Any]]] = {
    "products": {},
    "users": {
        "ann": {
            "user_id": "ann",
            "name": {"first_name": "Ann", "last_name": "Lee"},
            "email": "ann@example.com",
            "address": _PLACE,
            "payment_methods": {"paypal_1": {"source": "paypal", "id": "paypal_1"}},
            "orders": ["1"],
        }
    },
    "orders": {
        "1": {
            "order_id": "1",
            "user_id": "ann",
            "address": _PLACE,
            "items": [_ITEM],
            "status": "pending",
            "payment_history": [{"transaction_type": "payment", "amount": 20.0, "payment_method_id": "paypal_1"}],
        }
    },
}


def bench(_home: Path) -> Sequence[Figure]:
    """Time confirmed writes from the first gate to the audit row, one after the other."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    begun = time.process_time()
    taken = asyncio.run(_timed())
    cpu = (time.process_time() - begun) * 1000 / (WARM + ROUNDS)
    how = f"{ROUNDS} writes in a row, SQLite with synchronous=FULL"
    return [
        Figure(name="door, one write p50", value=round(median(taken), 2), unit="ms", how=how),
        Figure(name="door, one write p95", value=round(quantiles(taken, n=20)[-1], 2), unit="ms", how=how),
        Figure(name="door, one write CPU", value=round(cpu, 2), unit="ms", how=how),
    ]


async def _timed() -> list[float]:
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite+aiosqlite:///{folder}/bench.db")
        await create_all(engine)
        ledger = Ledger(engine, Sealer(engine, bytes(32)), _now, claim_seconds=10)
        door = Door(tau_systems(_SHOP), ledger, Audit(engine, _now), clock=_now)
        taken = []
        for n in range(WARM + ROUNDS):
            start = time.perf_counter()
            outcome = await door.run(_call(n))
            taken.append((time.perf_counter() - start) * 1000)
            if not isinstance(outcome, Done):
                raise TypeError(f"The write was not done: {outcome}.")
        await engine.dispose()
    return taken[WARM:]


def _now() -> datetime:
    return datetime.now(UTC)


def _call(number: int) -> Call:
    place = {"line1": f"{number} Fern Road", "city": "Salem", "region": "OR", "postal_code": "97301"}
    args = {"order_id": "1", "address": place}
    return Call(
        action=UPDATE_SHIPPING_ADDRESS,
        args=args,
        conversation=f"cnv-bench-{number}",
        case=f"bench.{number}",
        principal=Principal("ann", Level.SIGNED_IN),
        allowlist=frozenset({UPDATE_SHIPPING_ADDRESS.name}),
        rules=OrderRules(),
        consents=frozenset({call_key(UPDATE_SHIPPING_ADDRESS.name, args)}),
    )
