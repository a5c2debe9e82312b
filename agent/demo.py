"""What only the demo has: its customers to pick from, and a mailbox that receives its mail."""

import asyncio
from asyncio import Server
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading
from tools.systems.shop import customers as customer_table


@dataclass
class Mailbox:
    """A real SMTP receiver on loopback; mails stay in memory, the last fifty of them."""

    kept: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=50))

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take one mail."""
        mail = message_from_bytes(bytes(envelope.original_content or b""), policy=default)
        body = mail.get_body(("plain",))
        self.kept.appendleft(
            {
                "to": ", ".join(envelope.rcpt_tos),
                "subject": str(mail["Subject"]),
                "text": body.get_content() if body else "",
                "at": datetime.now(UTC).isoformat(),
            }
        )
        return "250 Message accepted"

    def forget(self, before: datetime) -> int:
        """Drop the mails received before a moment and return how many."""
        old = [mail for mail in self.kept if datetime.fromisoformat(mail["at"]) < before]
        for mail in old:
            self.kept.remove(mail)
        return len(old)

    async def listen(self) -> Server:
        """Begin to receive on a free loopback port."""
        controller = UnthreadedController(self, hostname="127.0.0.1", port=0, loop=asyncio.get_running_loop())
        return await controller.loop.create_server(controller.factory, host="127.0.0.1", port=0)


class Demo:
    """The shop's picker and the mailbox."""

    def __init__(self, shop: AsyncEngine, mailbox: Mailbox) -> None:
        self._shop = shop
        self._mailbox = mailbox

    async def customers(self) -> list[dict[str, str]]:
        """Return whom one can be."""
        async with reading(self._shop) as connection:
            query = customer_table.select().order_by(customer_table.c.id).limit(12)
            rows = (await connection.execute(query)).all()
        return [{"id": row.id, "name": row.name, "tier": row.tier} for row in rows]

    def mails(self) -> list[dict[str, str]]:
        """Return the mails received, newest first."""
        return list(self._mailbox.kept)
