"""Freshdesk, API v2.

Traps taken care of: a note is private unless told otherwise (the opposite of Zendesk), so `private` is always sent;
statuses are found by their names, because companies add their own; the list of tickets ends after 30 days unless
`updated_since` says otherwise; writing `tags` replaces them, so they are read first. The search cannot look into
subjects, so the case's mark is a tag; the search index lags behind.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError, loads
from typing import Any

import httpx
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.helpdesk.base import (
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
from tools.helpdesk.mark import mark, marked, marks_in, unmarked
from tools.helpdesk.markup import to_html
from tools.helpdesk.signing import same
from tools.helpdesk.wire import Wire, basic

_CHAT, _LOW = 7, 1
_PAGE = 100


class Settings(BaseSettings):
    """Whose Freshdesk it is, and what its statuses are called there."""

    model_config = SettingsConfigDict(env_prefix="freshdesk_")

    url: str
    key: SecretStr
    #: Freshdesk wants a requester; this address stands for visitors who have not said who they are.
    visitor: str
    webhook_token: SecretStr = SecretStr("")
    open: str = "Open"
    pending: str = "Pending"
    resolved: str = "Resolved"
    lag_seconds: float = 120.0
    category_field: str = ""
    code_field: str = ""


class Freshdesk:
    """Tickets of one Freshdesk."""

    promise = Promise.MERGE

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._settings = settings
        self.lag = timedelta(seconds=settings.lag_seconds)
        self._wire = Wire(f"{settings.url.rstrip('/')}/api/v2/", basic(settings.key.get_secret_value(), "X"), transport)
        self._names: dict[int, str] = {}

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the tickets tagged with the case's mark, the oldest first, as far as the index knows them."""
        query = {"query": f"\"tag:'{mark(case)}'\""}
        found = await self._wire.json("GET", "search/tickets", params=query)
        return tuple(_ref(one) for one in sorted(found["results"], key=lambda one: int(one["id"])))

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make the ticket; its description is the customer's own request and always shown to them."""
        body: dict[str, Any] = {
            "subject": ticket.subject or ticket.ticket_type,
            "description": to_html(ticket.subject or ticket.ticket_type),
            "status": await self._status(TicketStatus.OPEN),
            "priority": _LOW,
            "source": _CHAT,
            "tags": [*ticket.tags, mark(ticket.case)],
            "email": ticket.requester.email if ticket.requester else self._settings.visitor,
        }
        if ticket.requester:
            body["name"] = ticket.requester.name
        return _ref(await self._wire.json("POST", "tickets", json=body | self._fields(ticket)))

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the ticket holds."""
        return marks_in(*(one["body_text"] for one in await self._conversations(ticket_id)))

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Add a note whose audience is always said, its files in the same request."""
        path, private = f"tickets/{_id(ticket_id)}/notes", visibility is Visibility.INTERNAL
        body = to_html(marked(note))
        if note.attachments:
            files = [("attachments[]", (file.name, file.content, file.content_type)) for file in note.attachments]
            form = {"body": body, "private": str(private).lower()}
            await self._wire.json("POST", path, data=form, files=files)
            return
        await self._wire.json("POST", path, json={"body": body, "private": private})

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set status and fields, and add our tags to those that are there."""
        there = await self._wire.json("GET", f"tickets/{_id(ticket_id)}")
        change = {
            "status": await self._status(ticket.status),
            "tags": list(dict.fromkeys([*there["tags"], *ticket.tags])),
        }
        await self._wire.json("PUT", f"tickets/{_id(ticket_id)}", json=change | self._fields(ticket))

    async def merge(self, keep: str, extra: str) -> None:
        """Merge by Freshdesk's own means, with private notes on both sides."""
        note = {"body": "Made twice by First Contact; merged.", "private": True}
        body = {
            "primary_id": int(_id(keep)),
            "ticket_ids": [int(_id(extra))],
            "note_in_primary": note,
            "note_in_secondary": note,
        }
        await self._wire.send("PUT", "tickets/merge", json=body)

    async def read(self, ticket_id: str) -> Record:
        """Return a ticket with its messages, oldest first."""
        ticket = await self._wire.json("GET", f"tickets/{_id(ticket_id)}")
        said = await self._conversations(ticket_id)
        messages = tuple(_message(one, ticket.get("requester_id")) for one in said)
        return (await self._record(ticket)).model_copy(update={"messages": messages})

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return the tickets of a requester's address with news since then, the newest first."""
        wanted = {
            "email": requester.email,
            "updated_since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "order_by": "updated_at",
            "order_type": "desc",
        }
        found = await self._wire.json("GET", "tickets", params={**wanted, "per_page": _PAGE})
        return tuple([await self._record(one) for one in found])

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Read an automation's webhook. Freshdesk can only send a fixed token, no signature and no time.

        So a call is worth no more than its ticket's number: what happened there is read from Freshdesk.
        """
        token = self._settings.webhook_token.get_secret_value()
        if not token or not same(headers.get("x-firstcontact-token", ""), token):
            return None
        try:
            return Call(ticket=_id(str(loads(body)["ticket"])), once=None)
        except (JSONDecodeError, KeyError, TypeError, RefusedError):
            return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _conversations(self, ticket_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            wanted = {"page": page, "per_page": _PAGE}
            more = await self._wire.json("GET", f"tickets/{_id(ticket_id)}/conversations", params=wanted)
            found += more
            if len(more) < _PAGE:
                return found
            page += 1

    async def _status_names(self) -> dict[int, str]:
        if not self._names:
            fields = await self._wire.json("GET", "ticket_fields", params={"type": "default_status"})
            self._names = {int(number): names[0] for number, names in fields[0]["choices"].items()}
        return self._names

    async def _status(self, status: TicketStatus) -> int:
        wanted = {
            TicketStatus.OPEN: self._settings.open,
            TicketStatus.PENDING: self._settings.pending,
            TicketStatus.RESOLVED: self._settings.resolved,
        }[status]
        for number, name in (await self._status_names()).items():
            if name.lower() == wanted.lower():
                return number
        self._names = {}
        raise RefusedError(f"no_status_for_{status.value}")

    async def _record(self, ticket: dict[str, Any]) -> Record:
        name = (await self._status_names()).get(int(ticket["status"]), "").lower()
        resolved = name in (self._settings.resolved.lower(), "resolved", "closed")
        waits = name == self._settings.pending.lower() or name.startswith("waiting on customer")
        status = TicketStatus.RESOLVED if resolved else TicketStatus.PENDING if waits else TicketStatus.OPEN
        return Record(
            id=str(ticket["id"]),
            number=str(ticket["id"]),
            subject=ticket.get("subject") or "",
            status=status,
            tags=tuple(tag for tag in ticket.get("tags", ()) if not marks_in(tag)),
            updated_at=datetime.fromisoformat(ticket["updated_at"]),
        )

    def _fields(self, ticket: Ticket) -> dict[str, Any]:
        given = {self._settings.category_field: ticket.category, self._settings.code_field: ticket.code}
        fields = {name: value for name, value in given.items() if name and value}
        return {"custom_fields": fields} if fields else {}


def open_helpdesk(engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None) -> Freshdesk:
    """Open it from FRESHDESK_URL, _KEY and _VISITOR."""
    return Freshdesk(Settings(), transport)  # type: ignore[call-arg]  # the environment fills them


def _id(ticket_id: str) -> str:
    if not (ticket_id.isascii() and ticket_id.isdigit() and len(ticket_id) < 20):
        raise RefusedError("no_such_ticket")
    return ticket_id


def _ref(ticket: dict[str, Any]) -> TicketRef:
    return TicketRef(id=str(ticket["id"]), number=str(ticket["id"]))


def _message(said: dict[str, Any], requester: int | None) -> Message:
    text = said["body_text"]
    theirs = said.get("incoming") or said.get("user_id") == requester
    return Message(
        id=str(said["id"]),
        author=Author.AGENT if marks_in(text) else Author.CUSTOMER if theirs else Author.OPERATOR,
        name="",
        visibility=Visibility.INTERNAL if said["private"] else Visibility.CUSTOMER,
        body=unmarked(text),
        at=datetime.fromisoformat(said["created_at"]),
        attachments=tuple(file["name"] for file in said.get("attachments", ())),
    )
