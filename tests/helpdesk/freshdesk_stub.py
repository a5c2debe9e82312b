"""Freshdesk: notes private by default, statuses of the company's own, tags replaced, a search that lags."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any, ClassVar

import httpx
from stub import Answer, Entry, Held, Stub, iso

ENVIRONMENT = {
    "FRESHDESK_URL": "https://f.test",
    "FRESHDESK_KEY": "k",
    "FRESHDESK_VISITOR": "visitor@x.test",
    "FRESHDESK_WEBHOOK_TOKEN": "hush",
    "FRESHDESK_PENDING": "Waiting on Customer",
    "FRESHDESK_RESOLVED": "Done and dusted",
    "FRESHDESK_LAG_SECONDS": "0.2",
}
#: The company renamed the fourth and added the sixth.
STATUSES = {"2": ["Open", "Being Processed"], "3": ["Pending", "Awaiting reply"], "4": ["Done and dusted", "Resolved"],
            "5": ["Closed", "Closed"], "6": ["Waiting on Customer", "Awaiting your reply"]}  # fmt: skip


class FreshdeskStub(Stub):
    lag = timedelta(seconds=0.1)

    def create(self, _request: httpx.Request, body: bytes) -> Answer:
        given = json.loads(body)
        if not given.get("email") or given.get("status") not in (2, 3, 4, 5, 6) or not given.get("description"):
            return 400, {"description": "Validation failed"}
        mark = next((tag for tag in given.get("tags", []) if tag.startswith("fc-")), "")
        fields = {name: given[name] for name in ("subject", "status", "tags")}
        held = Held(self.number(), mark, given["email"], fields)
        self.hold(held)
        return 201, self._ticket(held)

    def change(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        held = self.held[int(number)]
        held.fields |= {name: value for name, value in json.loads(body).items() if name in ("status", "tags")}
        return 200, self._ticket(held)

    def show(self, _request: httpx.Request, _body: bytes, number: str) -> Answer:
        return 200, self._ticket(self.held[int(number)])

    def note(self, request: httpx.Request, body: bytes, number: str) -> Answer:
        given, files = _form(request, body)
        private = given.get("private", True)
        self.say(self.held[int(number)], given["body"], public=private in (False, "false"), files=files)
        return 201, {"id": self.number()}

    def conversations(self, request: httpx.Request, _body: bytes, number: str) -> Answer:
        if request.url.params["page"] != "1":
            return 200, []
        return 200, [self._said(one) for one in self.held[int(number)].entries]

    def search(self, request: httpx.Request, _body: bytes) -> Answer:
        wanted = re.fullmatch(r"\"tag:'([^']+)'\"", request.url.params["query"])
        if wanted is None:
            return 400, {"description": "Validation failed"}
        found = self.found(lambda one: wanted.group(1) in one.fields["tags"])
        return 200, {"total": len(found), "results": [self._ticket(one) for one in found]}

    def listed(self, request: httpx.Request, _body: bytes) -> Answer:
        month = iso(datetime.now(UTC) - timedelta(days=30))
        since = request.url.params.get("updated_since", month)
        mine = [one for one in self.live() if one.email == request.url.params["email"] and iso(one.made_at) >= since]
        return 200, [self._ticket(one) for one in reversed(mine)]

    def fields(self, _request: httpx.Request, _body: bytes) -> Answer:
        return 200, [{"type": "default_status", "choices": STATUSES}]

    def merge(self, _request: httpx.Request, body: bytes) -> Answer:
        given = json.loads(body)
        for extra in given["ticket_ids"]:
            self.held[extra].merged_into = given["primary_id"]
        return 204, None

    def _ticket(self, held: Held) -> dict[str, Any]:
        return {"id": held.id, "requester_id": 3, "updated_at": iso(held.made_at), **held.fields}

    def _said(self, entry: Entry) -> dict[str, Any]:
        text = html.unescape(entry.body.replace("<br>", "\n"))
        user = {"us": 1, "operator": 2, "customer": 3}[entry.author]
        files = [{"name": name} for name in entry.files]
        return {"id": entry.id, "body_text": text, "private": not entry.public, "incoming": user == 3, "user_id": user,
                "created_at": iso(entry.at), "attachments": files}  # fmt: skip

    routes: ClassVar = {
        r"POST /api/v2/tickets": create,
        r"GET /api/v2/tickets": listed,
        r"PUT /api/v2/tickets/merge": merge,
        r"PUT /api/v2/tickets/(\d+)": change,
        r"GET /api/v2/tickets/(\d+)": show,
        r"POST /api/v2/tickets/(\d+)/notes": note,
        r"GET /api/v2/tickets/(\d+)/conversations": conversations,
        r"GET /api/v2/search/tickets": search,
        r"GET /api/v2/ticket_fields": fields,
    }


def _form(request: httpx.Request, body: bytes) -> tuple[dict[str, Any], list[str]]:
    kind = request.headers["content-type"]
    if kind.startswith("application/json"):
        return json.loads(body), []
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    given: dict[str, Any] = {}
    files: list[str] = []
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if name == "attachments[]":
            files.append(str(part.get_filename()))
        elif name:
            given[str(name)] = str(part.get_payload())
    return given, files
