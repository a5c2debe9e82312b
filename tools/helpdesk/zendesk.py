"""Zendesk Support, API v2.

Traps taken care of: a comment is public unless told otherwise, so `public` is always sent; comments exist only inside a
ticket's creation or update; writing `tags` replaces what operators have set, so ours are added by the tags' own call;
a creation with the same Idempotency-Key is answered with the first one's ticket.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError, loads
from typing import Any

import httpx
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.helpdesk.base import (
    Attachment,
    Author,
    Call,
    Message,
    Note,
    Promise,
    Record,
    Requester,
    Ticket,
    TicketRef,
    TicketStatus,
    Visibility,
)
from tools.helpdesk.errors import RefusedError
from tools.helpdesk.mark import mark, marked, marks_in, opening_line, unmarked
from tools.helpdesk.signing import fresh, same
from tools.helpdesk.wire import Wire, basic

_STATUS = {TicketStatus.OPEN: "open", TicketStatus.PENDING: "pending", TicketStatus.RESOLVED: "solved"}
_READ = {"pending": TicketStatus.PENDING, "solved": TicketStatus.RESOLVED, "closed": TicketStatus.RESOLVED}


class Settings(BaseSettings):
    """Whose Zendesk it is; the field ids are those of the company's own custom fields."""

    model_config = SettingsConfigDict(env_prefix="zendesk_")

    url: str
    email: str
    token: SecretStr
    webhook_secret: SecretStr = SecretStr("")
    category_field: int | None = None
    code_field: int | None = None


class Zendesk:
    """Tickets of one Zendesk."""

    promise = Promise.KEY
    lag = timedelta(0)

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._settings = settings
        headers = basic(f"{settings.email}/token", settings.token.get_secret_value())
        self._wire = Wire(f"{settings.url.rstrip('/')}/api/v2/", headers, transport)

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the tickets whose external id is the case, the oldest first."""
        found = await self._wire.json("GET", "tickets.json", params={"external_id": case})
        return tuple(_ref(one) for one in sorted(found["tickets"], key=lambda one: int(one["id"])))

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make the ticket under the case's key: asked twice, Zendesk makes it once."""
        body: dict[str, Any] = {
            "subject": ticket.subject or ticket.ticket_type,
            "comment": {"body": opening_line(ticket), "public": opening is Visibility.CUSTOMER},
            "external_id": ticket.case,
            "tags": list(ticket.tags),
            "status": "open",
            "custom_fields": self._fields(ticket),
        }
        if ticket.requester:
            body["requester"] = ticket.requester.model_dump()
        key = {"Idempotency-Key": mark(ticket.case)}
        made = await self._wire.json("POST", "tickets.json", json={"ticket": body}, headers=key)
        return _ref(made["ticket"])

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the ticket holds."""
        comments, _ = await self._comments(ticket_id)
        return marks_in(*(one["body"] for one in comments))

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Add a comment whose audience is always said; its files are uploaded first."""
        comment: dict[str, Any] = {"body": marked(note), "public": visibility is Visibility.CUSTOMER}
        if note.attachments:
            comment["uploads"] = [await self._upload(file) for file in note.attachments]
        await self._put(ticket_id, {"comment": comment})

    async def _upload(self, file: Attachment) -> str:
        sent = await self._wire.json(
            "POST",
            "uploads.json",
            params={"filename": file.name},
            content=file.content,
            headers={"Content-Type": file.content_type},
        )
        return str(sent["upload"]["token"])

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set status and fields, and add our tags to whatever tags there are."""
        await self._wire.json("PUT", f"tickets/{_id(ticket_id)}/tags.json", json={"tags": list(ticket.tags)})
        await self._put(ticket_id, {"status": _STATUS[ticket.status], "custom_fields": self._fields(ticket)})

    async def _put(self, ticket_id: str, change: dict[str, Any]) -> None:
        await self._wire.json("PUT", f"tickets/{_id(ticket_id)}.json", json={"ticket": change})

    async def merge(self, keep: str, extra: str) -> None:
        """Merge by Zendesk's own means, silently."""
        body = {
            "ids": [int(_id(extra))],
            "target_comment": "Made twice by First Contact; merged.",
            "source_comment": "Made twice by First Contact; merged.",
            "target_comment_is_public": False,
            "source_comment_is_public": False,
        }
        await self._wire.json("POST", f"tickets/{_id(keep)}/merge.json", json=body)

    async def read(self, ticket_id: str) -> Record:
        """Return a ticket with its messages, oldest first."""
        ticket = (await self._wire.json("GET", f"tickets/{_id(ticket_id)}.json"))["ticket"]
        comments, names = await self._comments(ticket_id)
        messages = tuple(_message(one, names, ticket.get("requester_id")) for one in comments)
        return _record(ticket).model_copy(update={"messages": messages})

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return the tickets that somebody with exactly this address has asked for, the newest first."""
        found = await self._wire.json("GET", "users/search.json", params={"query": requester.email})
        wanted = requester.email.lower()
        people = [one["id"] for one in found["users"] if (one.get("email") or "").lower() == wanted]
        if not people:
            return ()
        order = {"sort_by": "updated_at", "sort_order": "desc"}
        listed = await self._wire.json("GET", f"users/{people[0]}/tickets/requested.json", params=order)
        records = (_record(one) for one in listed["tickets"])
        return tuple(one for one in records if one.updated_at >= since)

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Read a webhook with Zendesk's own signature: HMAC-SHA256 over timestamp and body, in Base64."""
        secret = self._settings.webhook_secret.get_secret_value()
        given = headers.get("x-zendesk-webhook-signature", "")
        timestamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
        wanted = base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, "sha256")).decode()
        if not secret or not same(given, wanted):
            return None
        try:
            if not fresh(datetime.fromisoformat(timestamp).replace(tzinfo=UTC).timestamp(), now):
                return None
            return Call(ticket=_id(str(loads(body)["ticket"])), once=given)
        except (JSONDecodeError, ValueError, KeyError, TypeError, RefusedError):
            return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _comments(self, ticket_id: str) -> tuple[list[dict[str, Any]], dict[int, str]]:
        comments: list[dict[str, Any]] = []
        names: dict[int, str] = {}
        wanted: dict[str, Any] = {"include": "users", "page[size]": 100}
        while True:
            found = await self._wire.json("GET", f"tickets/{_id(ticket_id)}/comments.json", params=wanted)
            comments += found["comments"]
            names |= {one["id"]: one["name"] for one in found.get("users", [])}
            if not found.get("meta", {}).get("has_more"):
                return comments, names
            wanted["page[after]"] = found["meta"]["after_cursor"]

    def _fields(self, ticket: Ticket) -> list[dict[str, Any]]:
        given = ((self._settings.category_field, ticket.category), (self._settings.code_field, ticket.code))
        return [{"id": field, "value": value} for field, value in given if field and value]


def open_helpdesk(engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None) -> Zendesk:
    """Open it from ZENDESK_URL, _EMAIL and _TOKEN."""
    return Zendesk(Settings(), transport)  # type: ignore[call-arg]  # the environment fills them


def _id(ticket_id: str) -> str:
    if not (ticket_id.isascii() and ticket_id.isdigit() and len(ticket_id) < 20):
        raise RefusedError("no_such_ticket")
    return ticket_id


def _ref(ticket: dict[str, Any]) -> TicketRef:
    return TicketRef(id=str(ticket["id"]), number=str(ticket["id"]))


def _record(ticket: dict[str, Any]) -> Record:
    return Record(
        id=str(ticket["id"]),
        number=str(ticket["id"]),
        subject=ticket.get("subject") or "",
        status=_READ.get(ticket["status"], TicketStatus.OPEN),
        tags=tuple(ticket.get("tags", ())),
        updated_at=datetime.fromisoformat(ticket["updated_at"]),
    )


def _message(comment: dict[str, Any], names: dict[int, str], requester: int | None) -> Message:
    author = Author.CUSTOMER if comment["author_id"] == requester else Author.OPERATOR
    return Message(
        id=str(comment["id"]),
        author=Author.AGENT if marks_in(comment["body"]) else author,
        name=names.get(comment["author_id"], ""),
        visibility=Visibility.CUSTOMER if comment["public"] else Visibility.INTERNAL,
        body=unmarked(comment["body"]),
        at=datetime.fromisoformat(comment["created_at"]),
        attachments=tuple(file["file_name"] for file in comment.get("attachments", ())),
    )
