"""ServiceNow incidents by the Table API.

Traps taken care of: a sys_id is not a number; `comments` is what the caller sees and `work_notes` what they don't, both
append-only journals that are read back from `sys_journal_field`; a resolution needs a close code from the instance's
own list. Labels have no simple API, so the tags stand in `correlation_display`.
"""

import re
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
from tools.helpdesk.mark import mark, marked, marks_in, opening_line, unmarked
from tools.helpdesk.signing import verified
from tools.helpdesk.wire import Wire, basic

_STATE = {TicketStatus.OPEN: "2", TicketStatus.PENDING: "3", TicketStatus.RESOLVED: "6"}
_READ = {"3": TicketStatus.PENDING, "6": TicketStatus.RESOLVED, "7": TicketStatus.RESOLVED, "8": TicketStatus.RESOLVED}
_CANCELED = "8"
_JOURNAL = {Visibility.CUSTOMER: "comments", Visibility.INTERNAL: "work_notes"}
_SHOWN = {"comments": Visibility.CUSTOMER, "work_notes": Visibility.INTERNAL}
_FIELDS = "sys_id,number,short_description,state,sys_updated_on,correlation_display,caller_id.user_name"
_SYS_ID = re.compile(r"[0-9a-f]{32}")


class Settings(BaseSettings):
    """Whose instance it is, and the close code to use where ours is not in its list."""

    model_config = SettingsConfigDict(env_prefix="servicenow_")

    url: str
    name: str
    password: SecretStr
    webhook_secret: SecretStr = SecretStr("")
    close_code: str = "Solution provided"
    lag_seconds: float = 30.0


class ServiceNow:
    """Incidents of one instance."""

    promise = Promise.MERGE

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._settings = settings
        self.lag = timedelta(seconds=settings.lag_seconds)
        headers = basic(settings.name, settings.password.get_secret_value())
        self._wire = Wire(f"{settings.url.rstrip('/')}/api/now/", headers, transport)

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the incidents whose correlation id is the case's mark, the oldest first."""
        query = f"correlation_id={mark(case)}^ORDERBYsys_created_on^ORDERBYnumber"
        return tuple(_ref(one) for one in await self._table("incident", query, "sys_id,number"))

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make the incident; the opening line goes into the journal that its audience reads."""
        body = {
            "short_description": ticket.subject or ticket.ticket_type,
            _JOURNAL[opening]: opening_line(ticket),
            "correlation_id": mark(ticket.case),
            "correlation_display": _joined(ticket),
            "category": ticket.category,
            "urgency": "3",
            "impact": "3",
        }
        if ticket.requester and (caller := await self._caller(ticket.requester)):
            body["caller_id"] = caller
        params = {"sysparm_fields": "sys_id,number"}
        made = await self._wire.json("POST", "v1/table/incident", json=body, params=params)
        return _ref(made["result"])

    async def _caller(self, requester: Requester) -> str | None:
        found = await self._table("sys_user", f"email={_term(requester.email)}^active=true", "sys_id")
        return str(found[0]["sys_id"]) if found else None

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the incident's journals hold."""
        return marks_in(*(one["value"] for one in await self._journal(ticket_id)))

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Attach the files that are missing, then append to the journal that the audience reads."""
        if note.attachments:
            await self._attach(ticket_id, note)
        await self._patch(ticket_id, {_JOURNAL[visibility]: marked(note)})

    async def _attach(self, ticket_id: str, note: Note) -> None:
        there = {one["file_name"] for one in await self._files(ticket_id)}
        for file in note.attachments:
            # The note's mark in the name tells a file that was sent before from one that is only called the same.
            name = f"{mark(note.key)} {file.name}"
            if name not in there:
                params = {"table_name": "incident", "table_sys_id": _id(ticket_id), "file_name": name}
                headers = {"Content-Type": file.content_type}
                path = "attachment/file"
                await self._wire.json("POST", path, params=params, content=file.content, headers=headers)

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set state, category and tags; a resolution carries a close code of the instance and our own as its note."""
        change = {
            "state": _STATE[ticket.status],
            "category": ticket.category,
            "correlation_display": _joined(ticket),
        }
        if ticket.status is TicketStatus.RESOLVED:
            change |= {
                "close_code": await self._close_code(ticket.code or ""),
                "close_notes": ticket.code or "resolved",
            }
        await self._patch(ticket_id, change)

    async def _close_code(self, code: str) -> str:
        query = "name=incident^element=close_code^inactive=false"
        known = {one["value"] for one in await self._table("sys_choice", query, "value")}
        for wanted in (code, self._settings.close_code):
            if wanted in known:
                return wanted
        raise RefusedError("close_code_unknown")

    async def _patch(self, ticket_id: str, change: dict[str, str]) -> None:
        await self._wire.json("PATCH", f"v1/table/incident/{_id(ticket_id)}", json=change)

    async def merge(self, keep: str, extra: str) -> None:
        """Cancel the extra incident as a child of the one that stays, and take the case's mark from it."""
        change = {
            "correlation_id": f"merged-{_id(keep)}",
            "parent_incident": _id(keep),
            "work_notes": "Made twice by First Contact; see the parent incident.",
            "state": _CANCELED,
        }
        await self._patch(extra, change)

    async def read(self, ticket_id: str) -> Record:
        """Return an incident with its messages, oldest first."""
        path, params = f"v1/table/incident/{_id(ticket_id)}", {"sysparm_fields": _FIELDS}
        incident = (await self._wire.json("GET", path, params=params))["result"]
        files = await self._files(ticket_id)
        journal = await self._journal(ticket_id)
        messages = tuple(_message(one, files, incident.get("caller_id.user_name")) for one in journal)
        return _record(incident).model_copy(update={"messages": messages})

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return the incidents of a caller's address with news since then, the newest first."""
        day = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        query = f"caller_id.email={_term(requester.email)}^sys_updated_on>={day}^ORDERBYDESCsys_updated_on"
        return tuple(_record(one) for one in await self._table("incident", query, _FIELDS))

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Read the call of a business rule that signs with the webhook secret."""
        once = verified(self._settings.webhook_secret.get_secret_value(), headers, body, now=now)
        try:
            return Call(ticket=_id(str(loads(body)["ticket"])), once=once) if once else None
        except (JSONDecodeError, KeyError, TypeError, RefusedError):
            return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _table(self, table: str, query: str, fields: str) -> list[dict[str, Any]]:
        params = {"sysparm_query": query, "sysparm_fields": fields, "sysparm_limit": 1000}
        return list((await self._wire.json("GET", f"v1/table/{table}", params=params))["result"])

    async def _journal(self, ticket_id: str) -> list[dict[str, Any]]:
        query = f"element_id={_id(ticket_id)}^elementINcomments,work_notes^ORDERBYsys_created_on"
        return await self._table("sys_journal_field", query, "sys_id,element,value,sys_created_on,sys_created_by")

    async def _files(self, ticket_id: str) -> list[dict[str, Any]]:
        params = {"sysparm_query": f"table_sys_id={_id(ticket_id)}"}
        return list((await self._wire.json("GET", "attachment", params=params))["result"])


def open_helpdesk(engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None) -> ServiceNow:
    """Open it from SERVICENOW_URL, _NAME and _PASSWORD."""
    return ServiceNow(Settings(), transport)  # type: ignore[call-arg]  # the environment fills them


def _id(ticket_id: str) -> str:
    if not _SYS_ID.fullmatch(ticket_id):
        raise RefusedError("no_such_ticket")
    return ticket_id


def _term(value: str) -> str:
    """Return a value for an encoded query, whose conditions a ^ would end."""
    if "^" in value or not value.isprintable():
        raise RefusedError("address_unusable")
    return value


def _joined(ticket: Ticket) -> str:
    return ", ".join(ticket.tags)[:100]


def _ref(incident: dict[str, Any]) -> TicketRef:
    return TicketRef(id=incident["sys_id"], number=incident["number"])


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _record(incident: dict[str, Any]) -> Record:
    tags = incident.get("correlation_display") or ""
    return Record(
        id=incident["sys_id"],
        number=incident["number"],
        subject=incident["short_description"],
        status=_READ.get(str(incident["state"]), TicketStatus.OPEN),
        tags=tuple(tags.split(", ")) if tags else (),
        updated_at=_moment(incident["sys_updated_on"]),
    )


def _message(entry: dict[str, Any], files: list[dict[str, Any]], caller: str | None) -> Message:
    ours = marks_in(entry["value"])
    author = Author.CUSTOMER if caller and entry["sys_created_by"] == caller else Author.OPERATOR
    return Message(
        id=entry["sys_id"],
        author=Author.AGENT if ours else author,
        name=entry["sys_created_by"],
        visibility=_SHOWN[entry["element"]],
        body=unmarked(entry["value"]),
        at=_moment(entry["sys_created_on"]),
        attachments=tuple(one["file_name"].partition(" ")[2] for one in files if marks_in(one["file_name"]) & ours),
    )
