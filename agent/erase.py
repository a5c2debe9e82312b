"""The erasure of one customer: keys first, then all that is left, then the proof by a search of every store."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, select

from agent.archive import archive_table
from agent.attachments import uploads_table
from agent.bootstrap import Company
from guardrails.audit import AuditEvent
from guardrails.audit_fields import Field
from guardrails.database import compacted, metadata, reading
from guardrails.identity import Level, Principal
from tools.action import Done, Refused
from tools.actions.get_customer import GET_CUSTOMER
from tools.call import Call

#: Rows about erasures stand in a chain of their own: a conversation of the customer's might be gone from the books.
CHAIN = "erasures"
#: What the report calls a table; those not named here are "other records".
_STORES = {
    "archive": "archive", "uploads": "attachments", "approvals": "approvals", "outbox": "deliveries",
    "ledger": "ledger", "tickets": "tickets", "ticket_notes": "tickets", "ticket_files": "tickets",
    "helpdesk_links": "tickets", "audit": "audit trail",
    "audit_heads": "audit trail", "audit_roots": "audit trail", "customer_keys": "keys",
}  # fmt: skip
_NOT_DIGIT = re.compile(rb"\D")
_SPACE = re.compile(r"\s+")


class NotNowError(Exception):
    """The erasure cannot be made now; nothing was changed."""


class ShopSilentError(NotNowError):
    """The shop does not answer, so nobody can say what to search for. Try again when it does."""


class BusyError(NotNowError):
    """An action of this customer's is under way. Wait a few seconds, then erase again."""


@dataclass(frozen=True)
class Erased:
    """What came of one store: how much was removed, and in how many places a search still finds the customer."""

    store: str
    removed: int
    left: int


class Traces:
    """What would tell that something is about this customer, however it is spaced or cased."""

    def __init__(self, customer: str, account: dict[str, str] | None) -> None:
        account = account or {}
        address = account.get("address", "").partition(",")[0]
        words = (customer, account.get("name", ""), account.get("email", ""), address)
        self._words = [_SPACE.sub(" ", word).casefold().encode() for word in words if word]
        digits = _NOT_DIGIT.sub(b"", account.get("phone", "").encode())
        self._digits = digits[-9:] if len(digits) >= 9 else None

    def __len__(self) -> int:
        return len(self._words) + bool(self._digits)

    def in_text(self, text: str) -> bool:
        """Answer whether a text is about the customer."""
        return self.in_bytes(_SPACE.sub(" ", text).casefold().encode())

    def in_bytes(self, raw: bytes) -> bool:
        """Answer whether bytes as they lie somewhere are about the customer."""
        lowered = raw.lower()
        phone = self._digits is not None and self._digits in _NOT_DIGIT.sub(b"", raw)
        return phone or any(word in lowered for word in self._words)


class Eraser:
    """Erases from our own stores; the systems of record are the company's, and keep what they must."""

    def __init__(self, company: Company) -> None:
        self._company, self._parts, self._stores = company, company.app.parts, company.stores

    async def erase(self, customer: str) -> list[Erased]:
        """Remove the customer from every store and report, store by store, what a search then still finds."""
        if await self._stores.records.acting(customer):
            raise BusyError
        traces = Traces(customer, await self._account(customer))
        conversations = await self._conversations(customer, traces)
        await self._company.sealer.shred(customer)
        removed = Counter(keys=1)
        for conversation in sorted(conversations):
            await self._company.sealer.shred(conversation)
            removed["conversations"] += bool(await self._stores.shelf.forget(conversation))
        await self._parts.store.forget_customer(customer)
        mine = conversations or {""}
        archived = archive_table.c.conversation.in_(mine) | (archive_table.c.customer == customer)
        attached = uploads_table.c.conversation.in_(mine) | (uploads_table.c.owner == customer)
        removed["archive"] = await self._stores.archive.delete(archived)
        removed["attachments"] = await self._stores.attachments.delete(attached)
        pseudonym = self._company.sealer.pseudonym(customer)
        removed.update(await self._stores.records.erase(customer, pseudonym, conversations))
        await compacted(self._company.engine)
        await self._rewrite_journal()
        left = await self._sweep(traces)
        report = [Erased(store, removed[store], left[store]) for store in left]
        counts = {one.store.replace(" ", "_"): one.removed for one in report if one.removed}
        row: dict[str, Field] = {"customer": pseudonym, "left": left.total(), **counts}
        await self._parts.audit.append(CHAIN, AuditEvent.ERASURE, row)
        await self._parts.audit.anchor()
        return report

    async def _account(self, customer: str) -> dict[str, str] | None:
        """Return the values to search for, or None where the shop knows no such customer (any more)."""
        call = Call(
            action=GET_CUSTOMER,
            args={},
            conversation=CHAIN,
            case=f"{CHAIN}.account",
            principal=Principal(customer, Level.SIGNED_IN),
            allowlist=frozenset({GET_CUSTOMER.name}),
        )
        outcome = await self._parts.door.run(call)
        if isinstance(outcome, Refused) and outcome.code == "system_unavailable":
            raise ShopSilentError
        return outcome.output if isinstance(outcome, Done) else None

    async def _conversations(self, customer: str, traces: Traces) -> set[str]:
        """Return the customer's conversations, also those of nobody in which their values were typed."""
        found = await self._stores.records.conversations_of(customer)
        async for conversation in self._stores.shelf.everything():
            state = await self._parts.store.load(conversation)
            if state.customer == customer or (state.customer is None and await self._tells(conversation, traces)):
                found.add(conversation)
        async with reading(self._company.engine) as sql:
            query = select(archive_table.c.conversation).where(archive_table.c.customer == customer)
            found |= set((await sql.execute(query)).scalars().all())
        return found

    async def _tells(self, conversation: str, traces: Traces) -> bool:
        events = [*await self._parts.store.read(conversation), *await self._parts.store.read_staff(conversation)]
        return any(traces.in_text(event.model_dump_json()) for event in events)

    async def _sweep(self, traces: Traces) -> Counter[str]:
        """Count, for every store, the places that are still about the customer."""
        left = Counter(dict.fromkeys(("conversations", *_STORES.values(), "other records"), 0))
        async for conversation in self._stores.shelf.everything():
            left["conversations"] += await self._tells(conversation, traces)
        for table in metadata.sorted_tables:
            left[_STORES.get(table.name, "other records")] += await self._in_table(table, traces)
        left["key names"] = sum(
            [traces.in_bytes(key) async for key in self._company.redis.scan_iter("fc:*", count=1000)]
        )
        home = self._company.app.settings.home
        left["log files"] = await asyncio.to_thread(_in_files, sorted(_logs(home)), traces)
        left["database files"] = await asyncio.to_thread(_in_files, sorted(_databases(home)), traces)
        return left

    async def _rewrite_journal(self) -> None:
        """Have our own Redis write its journal anew: what was deleted is still in the old one."""
        if self._company.app.settings.redis_url:
            return
        redis = self._company.redis
        await redis.bgrewriteaof()
        while (await redis.info("persistence"))["aof_rewrite_in_progress"]:  # noqa: ASYNC110  # Redis tells nobody
            await asyncio.sleep(0.05)

    async def _in_table(self, table: Table, traces: Traces) -> int:
        async with reading(self._company.engine) as sql:
            rows = await sql.stream(select(table))
            return sum([traces.in_text(" ".join(map(str, row))) async for row in rows])


def _logs(home: Path) -> Iterable[Path]:
    return [*home.glob("*.log*"), *home.glob("lab.out")]


def _databases(home: Path) -> Iterable[Path]:
    return [*home.glob("firstcontact.db*"), *(one for one in home.glob("redis/appendonlydir/*") if one.is_file())]


def _in_files(paths: Iterable[Path], traces: Traces) -> int:
    return sum(traces.in_bytes(path.read_bytes()) for path in paths)
