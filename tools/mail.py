"""Mail over SMTP, sent through the outbox only."""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Any

import aiosmtplib


def smtp(host: str, port: int, sender: str) -> Callable[[dict[str, Any]], Awaitable[None]]:
    """Return a delivery of `{to, subject, body}` to an SMTP server; a failure is an `OSError` and is tried again."""

    async def deliver(payload: dict[str, Any]) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, payload["to"], payload["subject"]
        message.set_content(payload["body"])
        try:
            await aiosmtplib.send(message, hostname=host, port=port, timeout=10, use_tls=False, start_tls=None)
        except aiosmtplib.SMTPException as failure:
            raise ConnectionError(type(failure).__name__) from failure

    return deliver
