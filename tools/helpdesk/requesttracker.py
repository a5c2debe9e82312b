"""Request Tracker 5 by REST 2.0, as Debian packages it (5.0.3).

The mark is in the subject, which a search reads from the same SQL tables as the writes. A comment is internal and a
correspondence goes to the requester: two different calls, so there is no default to fall into. Tags, category and
resolution code are custom fields, which `requesttracker.initialdata` adds; where they are missing RT leaves them out.
"""

import base64
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
)  # fmt: skip
from tools.helpdesk.errors import RefusedError
from tools.helpdesk.mark import mark, marked, marks_in, subject, unmarked
from tools.helpdesk.signing import verified
from tools.helpdesk.wire import Wire

_STATUS = {TicketStatus.OPEN: "open", TicketStatus.PENDING: "stalled", TicketStatus.RESOLVED: "resolved"}
_READ = {"stalled": TicketStatus.PENDING, "resolved": TicketStatus.RESOLVED, "rejected": TicketStatus.RESOLVED,
         "deleted": TicketStatus.RESOLVED}  # fmt: skip
_VISIBLE = {"Create": Visibility.CUSTOMER, "Correspond": Visibility.CUSTOMER, "Comment": Visibility.INTERNAL}
_PAGE = 100


class Settings(BaseSettings):
    """Where Request Tracker is, and an authentication token of a user with the rights of the queue's staff."""

    model_config = SettingsConfigDict(env_prefix="requesttracker_")

    url: str
    token: SecretStr
    queue: str = "General"
    webhook_secret: SecretStr = SecretStr("")


class RequestTracker:
    """Tickets in one queue."""

    promise = Promise.LOOKUP
    lag = timedelta(0)

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._settings = settings
        headers = {"Authorization": f"token {settings.token.get_secret_value()}"}
        self._wire = Wire(f"{settings.url.rstrip('/')}/REST/2.0/", headers, transport)

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the tickets whose subject carries the case's mark, the oldest first."""
        found = await self._search(f"Subject LIKE '[{mark(case)}]'", order_by="id", order="ASC")
        return tuple(TicketRef(id=one["id"], number=one["id"]) for one in found)

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make a ticket without any words in it: the first transaction would go to the requester."""
        body: dict[str, Any] = {
            "Queue": self._settings.queue,
            "Subject": subject(ticket),
            "Status": "new",
            "CustomFields": _fields(ticket),
        }
        if ticket.requester:
            body["Requestor"] = ticket.requester.email
        made = await self._wire.json("POST", "ticket", json=body)
        return TicketRef(id=str(made["id"]), number=str(made["id"]))

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the ticket holds."""
        return marks_in(*(one["Content"] for one in await self._texts(ticket_id)))

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Comment for the staff, or correspond with the customer."""
        kind = "comment" if visibility is Visibility.INTERNAL else "correspond"
        body: dict[str, Any] = {"Content": marked(note), "ContentType": "text/plain"}
        if note.attachments:
            body["Attachments"] = [
                {
                    "FileName": file.name,
                    "FileType": file.content_type,
                    "FileContent": base64.b64encode(file.content).decode(),
                }
                for file in note.attachments
            ]
        await self._wire.json("POST", f"ticket/{_id(ticket_id)}/{kind}", json=body)

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set the status and, where the queue has them, the custom fields."""
        body: dict[str, Any] = {"Status": _STATUS[ticket.status], "CustomFields": _fields(ticket)}
        await self._wire.json("PUT", f"ticket/{_id(ticket_id)}", json=body)

    async def merge(self, keep: str, extra: str) -> None:
        """Merge by RT's own means: the extra ticket's number then leads to the one that stays."""
        await self._wire.json("PUT", f"ticket/{_id(extra)}", json={"MergeInto": int(_id(keep))})

    async def read(self, ticket_id: str) -> Record:
        """Return a ticket with its messages, oldest first."""
        ticket = await self._wire.json("GET", f"ticket/{_id(ticket_id)}")
        history = await self._pages(f"ticket/{_id(ticket_id)}/history", fields="Type,Created,Creator")
        texts = await self._texts(ticket_id)
        requesters = {one["id"].lower() for one in ticket.get("Requestor", [])}
        shown = [one for one in history if one["Type"] in _VISIBLE]
        messages = [found for one in shown if (found := _message(one, texts, requesters))]
        return _record(ticket, tags=_tags(ticket)).model_copy(update={"messages": tuple(messages)})

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return the tickets of a requester's address, the newest first, without messages or tags."""
        address = _quoted(requester.email)
        day = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        query = f"Requestor.EmailAddress = '{address}' AND LastUpdated > '{day}'"
        found = await self._search(query, order_by="LastUpdated", order="DESC")
        return tuple(_record(one, tags=()) for one in found)

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Read the call of our scrip: signed with the webhook secret."""
        once = verified(self._settings.webhook_secret.get_secret_value(), headers, body, now=now)
        try:
            ticket = loads(body)["ticket"] if once else ""
            return Call(ticket=_id(str(ticket)), once=once) if once else None
        except (JSONDecodeError, KeyError, TypeError, RefusedError):
            return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _search(self, query: str, *, order_by: str, order: str) -> list[dict[str, Any]]:
        wanted = {"query": query, "fields": "Subject,Status,LastUpdated", "orderby": order_by, "order": order}
        return list((await self._wire.json("GET", "tickets", params={**wanted, "per_page": _PAGE}))["items"])

    async def _texts(self, ticket_id: str) -> list[dict[str, Any]]:
        fields = "Filename,ContentType,TransactionId,Content"
        found = await self._pages(f"ticket/{_id(ticket_id)}/attachments", fields=fields)
        return [one for one in found if one["Filename"] or one["ContentType"] == "text/plain"]

    async def _pages(self, path: str, *, fields: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page = 1
        while True:
            wanted = {"fields": fields, "per_page": _PAGE, "page": page}
            found = await self._wire.json("GET", path, params=wanted)
            items += found["items"]
            if page >= int(found["pages"]):
                return items
            page += 1


def open_helpdesk(engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None) -> RequestTracker:
    """Open it from REQUESTTRACKER_URL and _TOKEN."""
    return RequestTracker(Settings(), transport)  # type: ignore[call-arg]  # the environment fills them


def _id(ticket_id: str) -> str:
    if not (ticket_id.isascii() and ticket_id.isdigit() and len(ticket_id) < 12):
        raise RefusedError("no_such_ticket")
    return ticket_id


def _quoted(value: str) -> str:
    """Return a value as RT's query language takes it in single quotes."""
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _fields(ticket: Ticket) -> dict[str, Any]:
    return {"Tags": list(ticket.tags), "Category": ticket.category, "Resolution code": ticket.code or ""}


def _tags(ticket: dict[str, Any]) -> tuple[str, ...]:
    fields = {one["name"]: one.get("values", []) for one in ticket.get("CustomFields", [])}
    return tuple(fields.get("Tags", ()))


def _record(ticket: dict[str, Any], *, tags: tuple[str, ...]) -> Record:
    return Record(
        id=str(ticket["id"]),
        number=str(ticket["id"]),
        subject=unmarked(ticket["Subject"]),
        status=_READ.get(ticket["Status"], TicketStatus.OPEN),
        tags=tags,
        updated_at=datetime.fromisoformat(ticket["LastUpdated"]),
    )


def _message(one: dict[str, Any], texts: list[dict[str, Any]], requesters: set[str]) -> Message | None:
    parts = [part for part in texts if part["TransactionId"] == one["id"]]
    body = next((part["Content"] for part in parts if not part["Filename"]), "")
    names = tuple(part["Filename"] for part in parts if part["Filename"])
    if not body.strip() and not names:
        return None
    creator = one["Creator"]["id"]
    author = Author.CUSTOMER if creator.lower() in requesters else Author.OPERATOR
    return Message(
        id=one["id"],
        author=Author.AGENT if marks_in(body) else author,
        name=creator,
        visibility=_VISIBLE[one["Type"]],
        body=unmarked(body),
        at=datetime.fromisoformat(one["Created"]),
        attachments=names,
    )
