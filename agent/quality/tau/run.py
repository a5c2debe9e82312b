"""τ-bench retail through our door: each task's writes on a fresh copy, then its changed records, field by field."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from agent.quality.tau.asked import ACTIONS, HANDOFF, arguments
from guardrails.audit import Audit
from guardrails.database import create_all, open_engine
from guardrails.identity import Level, Principal
from guardrails.sealing import Sealer
from kb.policy import Policies, PolicySnapshot
from tools.action import Action, Done, NeedsConfirmation, Outcome, Refused
from tools.actions.get_order import GET_ORDER
from tools.actions.list_variants import LIST_VARIANTS
from tools.call import Call
from tools.keys import call_key
from tools.ledger import Ledger
from tools.run import Door
from tools.systems.tau_retail import tau_systems

POLICIES = Path(__file__).with_name("policies")
Db = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one task."""

    task: str
    writes: int
    refused: tuple[str, ...]  # "tool: code", in order
    #: What differs from what is expected; empty when all matches.
    differences: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"match": not self.differences}


class Retail:
    """The second company: the door over a fresh copy of its database for every task."""

    def __init__(self, db: str, ledger: Ledger, audit: Audit, policies: PolicySnapshot) -> None:
        self._text = db
        self._before: Db = json.loads(db)
        self._ledger = ledger
        self._audit = audit
        self._policies = policies

    async def task(self, task: dict[str, Any], expected: dict[str, Any]) -> Result:
        """Send the task's writes through the door and compare the end state."""
        db: Db = json.loads(self._text)
        door = Door(tau_systems(db), self._ledger, self._audit, clock=_now)
        refused: list[tuple[str, str]] = []
        writes = [one for one in task["write_actions"] if one["name"] != HANDOFF]
        for number, asked in enumerate(writes):
            customer = _customer(task, asked["kwargs"], db)
            outcome = await self._write(door, f"{task['id']}.{number}", customer, asked)
            if not isinstance(outcome, Done):
                code = outcome.code if isinstance(outcome, Refused) else outcome.status
                refused.append((asked["name"], code))
        differences = [*_compared(expected["changed"], changed(self._before, db))]
        if (told := [name for name, _ in expected["errors"]]) != [name for name, _ in refused]:
            differences.append(f"refused {[': '.join(one) for one in refused]}, expected {told}")
        return Result(
            task=task["id"],
            writes=len(writes),
            refused=tuple(": ".join(one) for one in refused),
            differences=tuple(differences),
        )

    async def _write(self, door: Door, case: str, customer: str, asked: dict[str, Any]) -> Outcome:
        action, given = ACTIONS[asked["name"]], asked["kwargs"]
        order, forms = await self._read(door, case, customer, given.get("order_id"))
        args = arguments(asked["name"], given, order, forms)
        offered = await door.run(self._call(action, args, case, customer))
        if not isinstance(offered, NeedsConfirmation):
            return offered
        consents = frozenset({call_key(action.name, args)})
        return await door.run(self._call(action, args, case, customer, consents))

    async def _read(
        self, door: Door, case: str, customer: str, order: str | None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        if order is None:
            return {}, []
        reads = [self._call(action, {"order_id": order}, case, customer) for action in (GET_ORDER, LIST_VARIANTS)]
        found = [await door.run(one) for one in reads]
        read, forms = (one.output if isinstance(one, Done) else {} for one in found)
        return read, forms.get("forms", [])

    def _call(
        self, action: Action, args: dict[str, Any], case: str, customer: str, consents: frozenset[str] = frozenset()
    ) -> Call:
        policy = (
            self._policies.load(action.policy, action.rules, on=_now().date())
            if action.policy and action.rules
            else None
        )
        return Call(
            action=action,
            args=args,
            conversation=f"tau-{case}",
            case=case,
            principal=Principal(customer, Level.SIGNED_IN),
            allowlist=frozenset({action.name}),
            rules=policy.rules if policy else None,
            policy_hash=policy.content_hash if policy else None,
            consents=consents,
        )


@asynccontextmanager
async def retail(db: str) -> AsyncIterator[Retail]:
    """Open the company on records of its own, which go with it."""
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite+aiosqlite:///{folder}/tau.db")
        # These records live as long as the run: nothing is gained by waiting for the disk.
        event.listen(engine.sync_engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous=OFF").close())
        await create_all(engine)
        ledger = Ledger(engine, Sealer(engine, bytes(32)), _now, claim_seconds=10)
        yield Retail(db, ledger, Audit(engine, _now), Policies(POLICIES).snapshot())
        await engine.dispose()


async def results(db: str, tasks: Iterable[dict[str, Any]], expected: dict[str, Any]) -> AsyncIterator[Result]:
    """Yield each task's result; a task that nothing is expected of is compared with no change."""
    async with retail(db) as company:
        for task in tasks:
            yield await company.task(task, expected.get(task["id"], {"changed": {}, "errors": []}))


def changed(before: Db, after: Db) -> Db:
    """Return, by table and key, the records that differ."""
    found = {
        table: {key: record for key, record in records.items() if before[table].get(key) != record}
        for table, records in after.items()
    }
    return {table: records for table, records in found.items() if records}


def _now() -> datetime:
    return datetime.now(UTC)


def _customer(task: dict[str, Any], given: dict[str, Any], db: Db) -> str:
    """Return whom the harness signs in: the task's user, else the owner of what the write names."""
    if task["user_id"] in db["users"]:
        return str(task["user_id"])
    return str(db["orders"].get(given.get("order_id", ""), {}).get("user_id") or given.get("user_id", ""))


def _compared(expected: Db, found: Db) -> Iterable[str]:
    """Yield what differs, record by record and field by field; money as whole cents, a field left out as null."""
    for table in sorted(expected.keys() | found.keys()):
        wanted, got = expected.get(table, {}), found.get(table, {})
        for key in sorted(wanted.keys() | got.keys()):
            mine, theirs = _plain(got.get(key, {})), _plain(wanted.get(key, {}))
            for name in sorted(mine.keys() | theirs.keys()):
                if mine.get(name) != theirs.get(name):
                    yield f"{table} {key} {name}: {mine.get(name)!r}, expected {theirs.get(name)!r}"


def _plain(value: Any) -> Any:
    """Return a record with every price in cents: the expected ones carry the noise of float sums."""
    match value:
        case dict():
            return {name: _plain(one) for name, one in value.items() if one is not None}
        case list():
            return [_plain(one) for one in value]
        case bool() | str():
            return value
    return round(value * 100)
