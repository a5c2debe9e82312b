"""Intercom tickets, API 2.14.

Traps taken care of: a note is for the staff and a comment for the customer, and both are HTML; a state's id belongs to
one ticket type, so it is looked up there by its category; there is no idempotency key, so the case's mark is in the
title, which the search finds late. Files can only be given as public image addresses, so a note names them instead.
"""

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
from tools.helpdesk.mark import mark, marked, marks_in, subject, unmarked
from tools.helpdesk.markup import from_html, to_html
from tools.helpdesk.signing import fresh, same
from tools.helpdesk.wire import Wire

_CATEGORY = {
    TicketStatus.OPEN: "in_progress",
    TicketStatus.PENDING: "waiting_on_customer",
    TicketStatus.RESOLVED: "resolved",
}
_READ = {"waiting_on_customer": TicketStatus.PENDING, "resolved": TicketStatus.RESOLVED}
_SHOWN = {"comment": Visibility.CUSTOMER, "note": Visibility.INTERNAL}
_AUTHORS = {"user": Author.CUSTOMER, "lead": Author.CUSTOMER, "contact": Author.CUSTOMER, "bot": Author.AGENT}


class Settings(BaseSettings):
    """Whose workspace it is, the ticket type to make and the teammate in whose name we write."""

    model_config = SettingsConfigDict(env_prefix="intercom_")

    url: str = "https://api.intercom.io"
    token: SecretStr
    ticket_type: str
    admin: str
    #: Intercom wants a contact; this address stands for visitors who have not said who they are.
    visitor: str
    client_secret: SecretStr = SecretStr("")
    lag_seconds: float = 120.0


class Intercom:
    """Tickets of one workspace."""

    promise = Promise.MERGE

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._settings = settings
        self.lag = timedelta(seconds=settings.lag_seconds)
        headers = {
            "Authorization": f"Bearer {settings.token.get_secret_value()}",
            "Intercom-Version": "2.14",
        }
        self._wire = Wire(settings.url.rstrip("/") + "/", headers, transport)
        self._states: dict[str, str] = {}
        self._tags: dict[str, str] = {}

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the tickets whose title carries the case's mark, the oldest first, as far as the search knows them."""
        found = await self._search({"field": "title", "operator": "~", "value": mark(case)})
        return tuple(_ref(one) for one in sorted(found, key=lambda one: (one["created_at"], int(one["id"]))))

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make the ticket; title and description are the customer's own request and shown to them."""
        email = ticket.requester.email if ticket.requester else self._settings.visitor
        body = {
            "ticket_type_id": self._settings.ticket_type,
            "contacts": [{"email": email}],
            "ticket_attributes": {
                "_default_title_": subject(ticket),
                "_default_description_": ticket.subject or ticket.ticket_type,
            },
            "skip_notifications": True,
        }
        return _ref(await self._wire.json("POST", "tickets", json=body))

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the ticket holds."""
        ticket = await self._wire.json("GET", f"tickets/{_id(ticket_id)}")
        return marks_in(*(part.get("body") or "" for part in _parts(ticket)))

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Add a note for the staff or a comment for the customer; files are named."""
        named = "".join(f"\nAttachment: {file.name} (in the conversation)" for file in note.attachments)
        body = {
            "message_type": "note" if visibility is Visibility.INTERNAL else "comment",
            "type": "admin",
            "admin_id": self._settings.admin,
            "body": to_html(marked(note.model_copy(update={"body": note.body + named}))),
        }
        await self._wire.json("POST", f"tickets/{_id(ticket_id)}/reply", json=body)

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set the state that this ticket type has for the status; category and code are tags here."""
        body = {
            "ticket_state_id": await self._state(ticket.status),
            "open": ticket.status is not TicketStatus.RESOLVED,
        }
        await self._wire.json("PUT", f"tickets/{_id(ticket_id)}", json=body)
        extra = [f"category {ticket.category}"] if ticket.category else []
        extra += [f"code {ticket.code}"] if ticket.code else []
        for name in dict.fromkeys([*ticket.tags, *extra]):
            tag = {"id": await self._tag(name), "admin_id": self._settings.admin}
            await self._wire.json("POST", f"tickets/{_id(ticket_id)}/tags", json=tag)

    async def merge(self, keep: str, extra: str) -> None:
        """Close the extra ticket with a pointer to the one that stays, and take the case's mark from its title."""
        note = {
            "message_type": "note",
            "type": "admin",
            "admin_id": self._settings.admin,
            "body": to_html(f"Made twice by First Contact; see ticket {_id(keep)}."),
        }
        await self._wire.json("POST", f"tickets/{_id(extra)}/reply", json=note)
        body = {
            "ticket_attributes": {"_default_title_": f"Made twice, see ticket {_id(keep)}"},
            "ticket_state_id": await self._state(TicketStatus.RESOLVED),
            "open": False,
        }
        await self._wire.json("PUT", f"tickets/{_id(extra)}", json=body)

    async def read(self, ticket_id: str) -> Record:
        """Return a ticket with its messages, oldest first."""
        ticket = await self._wire.json("GET", f"tickets/{_id(ticket_id)}")
        messages = tuple(_message(part) for part in _parts(ticket) if part["part_type"] in _SHOWN)
        return _record(ticket).model_copy(update={"messages": messages})

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return the tickets of a contact's address with news since then, the newest first."""
        query = {"query": {"field": "email", "operator": "=", "value": requester.email}}
        people = (await self._wire.json("POST", "contacts/search", json=query))["data"]
        if not people:
            return ()
        mine = {"field": "contact_ids", "operator": "=", "value": people[0]["id"]}
        late = {"field": "updated_at", "operator": ">", "value": int(since.timestamp())}
        records = [_record(one) for one in await self._search(mine, late)]
        return tuple(sorted(records, key=lambda one: one.updated_at, reverse=True))

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Read a webhook with Intercom's own signature; the time it is checked by stands in the signed body."""
        secret = self._settings.client_secret.get_secret_value()
        wanted = "sha1=" + hmac.digest(secret.encode(), body, "sha1").hex()
        if not secret or not same(headers.get("x-hub-signature", ""), wanted):
            return None
        try:
            said = loads(body)
            item = said["data"]["item"]
            ticket = item.get("ticket", item)
            if not fresh(float(said["created_at"]), now):
                return None
            return Call(ticket=_id(str(ticket["id"])), once=str(said["id"])[:64])
        except (JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, RefusedError):
            return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _search(self, *filters: dict[str, Any]) -> list[dict[str, Any]]:
        query = {"query": {"operator": "AND", "value": list(filters)}, "pagination": {"per_page": 50}}
        return list((await self._wire.json("POST", "tickets/search", json=query))["tickets"])

    async def _state(self, status: TicketStatus) -> str:
        if not self._states:
            found = await self._wire.json("GET", f"ticket_types/{self._settings.ticket_type}")
            for state in found["ticket_states"]["data"]:
                self._states.setdefault(state["category"], str(state["id"]))
        category = _CATEGORY[status]
        if category not in self._states:
            raise RefusedError(f"no_state_for_{status.value}")
        return self._states[category]

    async def _tag(self, name: str) -> str:
        if name not in self._tags:
            self._tags[name] = str((await self._wire.json("POST", "tags", json={"name": name}))["id"])
        return self._tags[name]


def open_helpdesk(engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None) -> Intercom:
    """Open it from INTERCOM_TOKEN, _TICKET_TYPE, _ADMIN and _VISITOR."""
    return Intercom(Settings(), transport)  # type: ignore[call-arg]  # the environment fills them


def _id(ticket_id: str) -> str:
    if not (ticket_id.isascii() and ticket_id.isalnum() and len(ticket_id) < 40):
        raise RefusedError("no_such_ticket")
    return ticket_id


def _ref(ticket: dict[str, Any]) -> TicketRef:
    return TicketRef(id=str(ticket["id"]), number=str(ticket["ticket_id"]))


def _parts(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return list((ticket.get("ticket_parts") or {}).get("ticket_parts", []))


def _record(ticket: dict[str, Any]) -> Record:
    tags = (ticket.get("tags") or {}).get("tags", [])
    return Record(
        id=str(ticket["id"]),
        number=str(ticket["ticket_id"]),
        subject=unmarked(str(ticket["ticket_attributes"].get("_default_title_", ""))),
        status=_READ.get(ticket["ticket_state"]["category"], TicketStatus.OPEN),
        tags=tuple(tag["name"] for tag in tags),
        updated_at=datetime.fromtimestamp(ticket["updated_at"], UTC),
    )


def _message(part: dict[str, Any]) -> Message:
    text = from_html(part.get("body") or "")
    author = part.get("author") or {}
    return Message(
        id=str(part["id"]),
        author=Author.AGENT if marks_in(text) else _AUTHORS.get(author.get("type", ""), Author.OPERATOR),
        name=author.get("name") or "",
        visibility=_SHOWN[part["part_type"]],
        body=unmarked(text),
        at=datetime.fromtimestamp(part["created_at"], UTC),
        attachments=tuple(file["name"] for file in part.get("attachments") or ()),
    )
