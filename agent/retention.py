"""Keeps every store within its limit: archives what fell silent, forgets what is over, keeps what is still open."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from agent.archive import Archive
from agent.attachments import Attachments
from agent.parts import Parts
from agent.recovery import restart
from agent.shelf import Shelf
from agent.silence import end_silent
from agent.store import AppendRefusedError
from agent.work import read_profile
from guardrails.audit import AuditEvent
from guardrails.identity import Level, Principal
from guardrails.log_file import forget_logs
from guardrails.retention import Retention
from tools.approvals import Approval
from tools.retention import Records

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Stores:
    """All that keeps something of a customer beside the log."""

    shelf: Shelf
    archive: Archive
    attachments: Attachments
    records: Records
    logs: Path
    #: What only this process has: the demo's mailbox.
    memory: Callable[[datetime], int]


class Keeper:
    """Every round does all that is due; a round in two processes at once does it once or again to the same end."""

    def __init__(self, parts: Parts, stores: Stores, retention: Retention) -> None:
        self._parts, self._stores, self._retention = parts, stores, retention

    async def run(self, seconds: float = 60.0) -> None:
        """Make a round now and then for as long as the process lives; of many processes one at a time."""
        while True:
            try:
                if await self._stores.shelf.my_round(seconds):
                    await self.round(datetime.now(UTC))
            except Exception:  # a store that is down comes back; the keeper must still be there
                log.exception("retention_failed")
            await asyncio.sleep(seconds)

    async def round(self, now: datetime) -> dict[str, int]:
        """Bring every store within its limit and return how much each has let go; safe at any time.

        A store that fails does not keep the others from theirs: what was raised is raised together at the end.
        """
        before = {store: now - limit for store, limit in self._retention.limits().items()}
        stores = self._stores
        deeds: dict[str, Callable[[], Awaitable[int]]] = {
            "approval": lambda: self._expire(before["approval"]),
            "session": lambda: self._sessions(now),
            "archive": lambda: stores.archive.forget(before["archive"]),
            "upload": lambda: stores.attachments.forget(before["upload"]),
            "outbox": lambda: stores.records.forget_deliveries(before["outbox"]),
            "ledger": lambda: stores.records.empty_ledger(before["ledger"]),
            "ticket": lambda: stores.records.forget_tickets(before["ticket"]),
            "log": lambda: asyncio.to_thread(forget_logs, stores.logs, before["log"]),
            "revived": self._revive,
        }
        gone, failed = {"mailbox": stores.memory(before["mailbox"])}, []
        for store, deed in deeds.items():
            try:
                gone[store] = await deed()
            except Exception as failure:  # noqa: BLE001 - raised again below, with those of the other stores
                failed.append(failure)
        if any(gone.values()):
            log.info("retention", **gone)
        await self._parts.audit.anchor()
        if failed:
            raise ExceptionGroup("Some stores could not be kept within their limits.", failed)
        return gone

    async def _expire(self, before: datetime) -> int:
        """Let approvals run out; where nobody had decided, the trail says so."""
        expired = await self._stores.records.expire_approvals(before)
        for approval in expired:
            await self._parts.audit.append(approval.conversation, AuditEvent.EXPIRY, {"approval": approval.id})
        return len(expired)

    async def _sessions(self, now: datetime) -> int:
        """Archive what fell silent; forget what is over, but not what waits for a person or an approval."""
        shelf, gone = self._stores.shelf, 0
        asked = {approval.conversation for approval in await self._stores.records.open_approvals()}
        silent = min(timedelta(minutes=self._retention.silent_minutes), timedelta(seconds=shelf.session_seconds / 4))
        for conversation, since in await shelf.idle((now - silent).timestamp()):
            idle = timedelta(seconds=now.timestamp() - since)
            try:
                gone += await self._session(conversation, idle, asked=conversation in asked)
            except AppendRefusedError:
                # Expired between the look and the deed: the next round takes it off the list.
                continue
        return gone

    async def _session(self, conversation: str, idle: timedelta, *, asked: bool) -> int:
        shelf = self._stores.shelf
        meta = await shelf.meta(conversation)
        if not meta:
            return await shelf.forget(conversation)
        silent = meta.get("state") not in ("waiting", "held") and idle >= self._retention.limits()["no_reply"]
        if silent and await end_silent(self._parts, conversation):
            meta = await shelf.meta(conversation)
        await self._archive(conversation, meta)
        session = timedelta(seconds=shelf.session_seconds)
        waits = meta.get("state") in ("waiting", "held") and idle < max(session, self._retention.limits()["handoff"])
        if (asked or waits) and idle > session / 2:
            await shelf.keep(conversation)
        if asked or waits or idle < session:
            return 0
        await shelf.forget(conversation)
        return 1

    async def _archive(self, conversation: str, meta: dict[str, str]) -> None:
        if meta.get("archived") == meta["seq"]:
            return
        state = await self._parts.store.load(conversation)
        principal = Principal(state.customer, Level.SIGNED_IN)
        profile = await read_profile(self._parts, conversation, principal) if state.customer else None
        if state.customer and profile is None:
            # Without the customer's own values the masking is not whole: later, when their system answers.
            log.warning("not_archived", conversation=conversation)
            return
        await self._stores.archive.put(state, meta["incarnation"], profile)
        await self._stores.shelf.keep(conversation, {"archived": meta["seq"]})

    async def _revive(self) -> int:
        """Give an approval that waits its place in the desk again where the log it came from is lost."""
        approvals = await self._stores.records.open_approvals()
        lost = [one for one in approvals if await self._parts.store.incarnation(one.conversation) is None]
        for approval in lost:
            await self._reopen(approval)
        return len(lost)

    async def _reopen(self, approval: Approval) -> None:
        await restart(self._parts, approval.conversation, Principal(approval.customer, Level.SIGNED_IN))
        waiting = {"state": "waiting", "reason": "over_threshold", "ticket_type": approval.ticket_type}
        since = {"waiting_since": self._parts.clock().isoformat()}
        await self._stores.shelf.reopen(approval.conversation, waiting | since)
