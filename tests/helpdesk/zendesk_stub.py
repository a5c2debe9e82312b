"""Zendesk: comments public by default, only inside tickets; tags replaced by an update; Idempotency-Key on creation."""

import json
from typing import Any, ClassVar

import httpx
from stub import Answer, Entry, Held, Stub, iso

ENVIRONMENT = {
    "ZENDESK_URL": "https://z.test",
    "ZENDESK_EMAIL": "us@x.test",
    "ZENDESK_TOKEN": "t",
    "ZENDESK_WEBHOOK_SECRET": "hush",
}
_US = 1


class ZendeskStub(Stub):
    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, int] = {}
        self.uploads: dict[str, str] = {}

    def create(self, request: httpx.Request, body: bytes) -> Answer:
        key = request.headers.get("Idempotency-Key")
        if key and key in self.keys:
            return 201, {"ticket": self._ticket(self.held[self.keys[key]])}
        given = json.loads(body)["ticket"]
        if "comment" not in given or not given.get("subject"):
            return 422, {"error": "RecordInvalid"}
        email = given.get("requester", {}).get("email", "")
        held = Held(self.number(), given.get("external_id", ""), email, {"status": "new", "tags": []})
        self.hold(held)
        self._change(held, given)
        if key:
            self.keys[key] = held.id
        return 201, {"ticket": self._ticket(held)}

    def _change(self, held: Held, given: dict[str, Any]) -> None:
        held.fields |= {name: value for name, value in given.items() if name in ("subject", "status", "tags")}
        if comment := given.get("comment"):
            files = [self.uploads.pop(token) for token in comment.get("uploads", [])]
            self.say(held, comment["body"], public=comment.get("public", True), files=files)

    def change(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        held = self.held[int(number)]
        self._change(held, json.loads(body)["ticket"])
        return 200, {"ticket": self._ticket(held)}

    def add_tags(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        tags = self.held[int(number)].fields["tags"]
        tags += [tag for tag in json.loads(body)["tags"] if tag not in tags]
        return 200, {"tags": tags}

    def show(self, _request: httpx.Request, _body: bytes, number: str) -> Answer:
        return 200, {"ticket": self._ticket(self.held[int(number)])}

    def listed(self, request: httpx.Request, _body: bytes) -> Answer:
        case = request.url.params["external_id"]
        return 200, {"tickets": [self._ticket(one) for one in self.live() if one.mark == case]}

    def comments(self, _request: httpx.Request, _body: bytes, number: str) -> Answer:
        held = self.held[int(number)]
        users = [{"id": _US, "name": "Us"}, {"id": 2, "name": "Olga Operator"}, {"id": 3, "name": "Maya"}]
        return 200, {
            "comments": [self._comment(one) for one in held.entries],
            "users": users,
            "meta": {"has_more": False},
        }

    def upload(self, request: httpx.Request, _body: bytes) -> Answer:
        token = f"up{self.number()}"
        self.uploads[token] = request.url.params["filename"]
        return 201, {"upload": {"token": token}}

    def users(self, request: httpx.Request, _body: bytes) -> Answer:
        # A search by words: others that only look alike come along.
        asked = request.url.params["query"]
        found = {"id": 3 if asked == "maya@example.com" else 4, "email": asked}
        return 200, {"users": [{"id": 9, "email": f"not-{asked}"}, found]}

    def requested(self, _request: httpx.Request, _body: bytes, user: str) -> Answer:
        return 200, {"tickets": [self._ticket(one) for one in reversed(self.live()) if user == "3"]}

    def merge(self, _request: httpx.Request, body: bytes, number: str) -> Answer:
        for extra in json.loads(body)["ids"]:
            self.held[extra].merged_into = int(number)
        return 200, {"job_status": {"status": "queued"}}

    def _ticket(self, held: Held) -> dict[str, Any]:
        last = held.entries[-1].at if held.entries else held.made_at
        return {"id": held.id, "external_id": held.mark, "requester_id": 3, "updated_at": iso(last), **held.fields}

    def _comment(self, entry: Entry) -> dict[str, Any]:
        author = {"us": _US, "operator": 2, "customer": 3}[entry.author]
        files = [{"file_name": name} for name in entry.files]
        return {
            "id": entry.id,
            "author_id": author,
            "body": entry.body,
            "public": entry.public,
            "created_at": iso(entry.at),
            "attachments": files,
        }

    routes: ClassVar = {
        r"POST /api/v2/tickets\.json": create,
        r"GET /api/v2/tickets\.json": listed,
        r"PUT /api/v2/tickets/(\d+)\.json": change,
        r"GET /api/v2/tickets/(\d+)\.json": show,
        r"PUT /api/v2/tickets/(\d+)/tags\.json": add_tags,
        r"GET /api/v2/tickets/(\d+)/comments\.json": comments,
        r"POST /api/v2/tickets/(\d+)/merge\.json": merge,
        r"POST /api/v2/uploads\.json": upload,
        r"GET /api/v2/users/search\.json": users,
        r"GET /api/v2/users/(\d+)/tickets/requested\.json": requested,
    }
