"""Intercom: notes and comments in HTML, states that belong to one ticket type, no key, a search that lags."""

import json
from datetime import timedelta
from typing import Any, ClassVar

import httpx
from stub import Answer, Entry, Held, Stub

ENVIRONMENT = {
    "INTERCOM_URL": "https://i.test",
    "INTERCOM_TOKEN": "t",
    "INTERCOM_TICKET_TYPE": "7",
    "INTERCOM_ADMIN": "1",
    "INTERCOM_VISITOR": "visitor@x.test",
    "INTERCOM_CLIENT_SECRET": "hush",
    "INTERCOM_LAG_SECONDS": "0.2",
}
STATES = {"71": "submitted", "72": "in_progress", "73": "waiting_on_customer", "74": "resolved"}


class IntercomStub(Stub):
    lag = timedelta(seconds=0.1)

    def create(self, request: httpx.Request, body: bytes) -> Answer:
        given = json.loads(body)
        if request.headers.get("Intercom-Version") != "2.14" or given.get("ticket_type_id") != "7":
            return 422, {"type": "error.list"}
        email = given["contacts"][0]["email"]
        held = Held(self.number(), "", email, {"state": "71", "tags": [], **given["ticket_attributes"]})
        self.hold(held)
        return 200, self._ticket(held)

    def change(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        held, given = self.held[int(number)], json.loads(body)
        if given.get("ticket_state_id", "71") not in STATES:
            return 400, {"type": "error.list"}
        held.fields |= given.get("ticket_attributes", {}) | {
            "state": given.get("ticket_state_id", held.fields["state"])
        }
        if "Made twice" in held.fields["_default_title_"]:
            held.merged_into = int(held.fields["_default_title_"].rpartition(" ")[2])
        return 200, self._ticket(held)

    def show(self, _request: httpx.Request, _body: bytes, number: str) -> Answer:
        return 200, self._ticket(self.held[int(number)])

    def reply(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        given = json.loads(body)
        if given["type"] != "admin" or not given["admin_id"] or given["message_type"] not in ("note", "comment"):
            return 400, {"type": "error.list"}
        self.say(self.held[int(number)], f"<p>{given['body']}</p>", public=given["message_type"] == "comment")
        return 200, {"type": "ticket_part"}

    def search(self, _request: httpx.Request, body: bytes) -> Answer:
        first = json.loads(body)["query"]["value"][0]
        if first["field"] == "title":
            found = self.found(lambda one: first["value"] in one.fields["_default_title_"])
        else:
            found = [one for one in self.live() if one.email == "maya@example.com"]
        return 200, {"type": "ticket.list", "tickets": [self._ticket(one) for one in found]}

    def contacts(self, _request: httpx.Request, body: bytes) -> Answer:
        return 200, {"data": [{"id": "c3"}] if json.loads(body)["query"]["value"] == "maya@example.com" else []}

    def ticket_type(self, _request: httpx.Request, _body: bytes) -> Answer:
        return 200, {"ticket_states": {"data": [{"id": one, "category": name} for one, name in STATES.items()]}}

    def make_tag(self, _request: httpx.Request, body: bytes) -> Answer:
        return 200, {"id": "tag:" + json.loads(body)["name"]}

    def tag(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        tags, name = self.held[int(number)].fields["tags"], json.loads(body)["id"].removeprefix("tag:")
        tags += [] if name in tags else [name]
        return 200, {"id": name}

    def _ticket(self, held: Held) -> dict[str, Any]:
        last = held.entries[-1].at if held.entries else held.made_at
        return {
            "id": str(held.id), "ticket_id": str(held.id - 100),
            "created_at": int(held.made_at.timestamp()), "updated_at": int(last.timestamp()),
            "ticket_attributes": {name: value for name, value in held.fields.items() if name.startswith("_default")},
            "ticket_state": {"category": STATES[held.fields["state"]]},
            "tags": {"tags": [{"name": name} for name in held.fields["tags"]]},
            "ticket_parts": {"ticket_parts": [self._part(one) for one in held.entries]},
        }  # fmt: skip

    def _part(self, entry: Entry) -> dict[str, Any]:
        kind, name = {"us": ("admin", "Us"), "operator": ("admin", "Olga"), "customer": ("user", "Maya")}[entry.author]
        return {
            "id": str(entry.id),
            "part_type": "comment" if entry.public else "note",
            "body": entry.body,
            "author": {"type": kind, "name": name},
            "created_at": int(entry.at.timestamp()),
            "attachments": [],
        }

    routes: ClassVar = {
        r"POST /tickets": create,
        r"PUT /tickets/(\d+)": change,
        r"GET /tickets/(\d+)": show,
        r"POST /tickets/(\d+)/reply": reply,
        r"POST /tickets/(\d+)/tags": tag,
        r"POST /tickets/search": search,
        r"POST /contacts/search": contacts,
        r"GET /ticket_types/7": ticket_type,
        r"POST /tags": make_tag,
    }
