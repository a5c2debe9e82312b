"""ServiceNow: sys_id beside number, append-only journals, a close code list of the instance, a search that lags."""

import json
import re
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
from stub import Answer, Held, Stub

ENVIRONMENT = {
    "SERVICENOW_URL": "https://s.test",
    "SERVICENOW_NAME": "us",
    "SERVICENOW_PASSWORD": "p",
    "SERVICENOW_WEBHOOK_SECRET": "hush",
    "SERVICENOW_CLOSE_CODE": "Closed by AI",
    "SERVICENOW_LAG_SECONDS": "0.2",
}
CLOSE_CODES = ("Solved (Permanently)", "Closed by AI")


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


class ServiceNowStub(Stub):
    lag = timedelta(seconds=0.1)

    def create(self, _request: httpx.Request, body: bytes) -> Answer:
        given = json.loads(body)
        caller = "maya@example.com" if given.get("caller_id") == f"{3:032x}" else ""
        held = Held(self.number(), given.get("correlation_id", ""), caller, {"state": "1"})
        self.hold(held)
        self._change(held, given)
        return 201, {"result": self._incident(held)}

    def _change(self, held: Held, given: dict[str, str]) -> None:
        for element in ("comments", "work_notes"):
            if given.get(element):
                # A journal takes another line; what stands there is never changed.
                self.say(held, given.pop(element), public=element == "comments")
        held.fields |= given
        held.mark = held.fields.get("correlation_id", "")
        if parent := given.get("parent_incident"):
            held.merged_into = int(parent, 16)

    def change(self, _request: httpx.Request, body: bytes, sys_id: str) -> Answer:
        given, held = json.loads(body), self.held[int(sys_id, 16)]
        if given.get("state") == "6" and (given.get("close_code") not in CLOSE_CODES or not given.get("close_notes")):
            return 403, {"error": {"message": "Operation Failed", "detail": "Data Policy Exception"}}
        self._change(held, given)
        return 200, {"result": self._incident(held)}

    def show(self, _request: httpx.Request, _body: bytes, sys_id: str) -> Answer:
        return 200, {"result": self._incident(self.held[int(sys_id, 16)])}

    def table(self, request: httpx.Request, _body: bytes, name: str) -> Answer:
        query = request.url.params["sysparm_query"]
        terms = [term for term in query.split("^") if not term.startswith("ORDERBY")]
        return 200, {"result": {"incident": self._incidents, "sys_user": self._users, "sys_choice": self._choices,
                                "sys_journal_field": self._journal}[name](terms)}  # fmt: skip

    def _incidents(self, terms: list[str]) -> list[dict[str, Any]]:
        what, _, value = terms[0].partition("=")
        if what == "correlation_id":
            return [self._incident(one) for one in self.found(lambda one: one.mark == value)]
        found = [one for one in self.live() if one.email == value]
        return [self._incident(one) for one in found]

    def _users(self, terms: list[str]) -> list[dict[str, Any]]:
        return [{"sys_id": f"{3:032x}"}] if "email=maya@example.com" in terms else []

    def _choices(self, terms: list[str]) -> list[dict[str, Any]]:
        return [{"value": code} for code in CLOSE_CODES] if "element=close_code" in terms else []

    def _journal(self, terms: list[str]) -> list[dict[str, Any]]:
        held = self.held[int(terms[0].removeprefix("element_id="), 16)]
        who = {"us": "us", "operator": "olga", "customer": "maya"}
        return [
            {"sys_id": f"{one.id:032x}", "element": "comments" if one.public else "work_notes", "value": one.body,
             "sys_created_on": _moment(one.at), "sys_created_by": who[one.author]}
            for one in held.entries
        ]  # fmt: skip

    def attach(self, request: httpx.Request, _body: bytes) -> Answer:
        asked = request.url.params
        if not re.fullmatch(r"[0-9a-f]{32}", asked["table_sys_id"]):
            return 400, {"error": "sys_id"}
        self.held[int(asked["table_sys_id"], 16)].fields.setdefault("files", []).append(asked["file_name"])
        return 201, {"result": {"file_name": asked["file_name"]}}

    def files(self, request: httpx.Request, _body: bytes) -> Answer:
        held = self.held[int(request.url.params["sysparm_query"].removeprefix("table_sys_id="), 16)]
        return 200, {"result": [{"file_name": name} for name in held.fields.get("files", [])]}

    def _incident(self, held: Held) -> dict[str, Any]:
        last = held.entries[-1].at if held.entries else held.made_at
        return {"sys_id": f"{held.id:032x}", "number": f"INC{held.id:07}", "sys_updated_on": _moment(last),
                "caller_id.user_name": "maya" if held.email else "", **held.fields}  # fmt: skip

    routes: ClassVar = {
        r"POST /api/now/v1/table/incident": create,
        r"PATCH /api/now/v1/table/incident/([0-9a-f]{32})": change,
        r"GET /api/now/v1/table/incident/([0-9a-f]{32})": show,
        r"GET /api/now/v1/table/(\w+)": table,
        r"POST /api/now/attachment/file": attach,
        r"GET /api/now/attachment": files,
    }
