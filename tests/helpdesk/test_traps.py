"""Each vendor's own trap, on the wire: what is sent, not what comes back."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from desks import FILE, MAYA, note, stub_of, ticket
from sqlalchemy.ext.asyncio import AsyncEngine
from stub import Stub

from tools.helpdesk.base import Call, Helpdesk, TicketStatus, Visibility
from tools.helpdesk.choose import choose
from tools.helpdesk.errors import RefusedError
from tools.helpdesk.signing import SIGNATURE, TIMESTAMP, sign

INTERNAL, CUSTOMER = Visibility.INTERNAL, Visibility.CUSTOMER
NOW = datetime.now(UTC)


class Wiretap(httpx.AsyncBaseTransport):
    """Keeps what was sent on its way to a stand-in."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.sent: list[tuple[str, Any, httpx.Headers]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        line = f"{request.method} {request.url.path}"
        self.sent.append((line, json.loads(body) if is_json else body, request.headers))
        return await self.stub.handle_async_request(request)

    def bodies(self, method: str, ending: str) -> list[Any]:
        return [body for line, body, _ in self.sent if line.startswith(method) and line.endswith(ending)]


@pytest.fixture
def opened(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open a vendor's adapter on its stand-in, with a wiretap between."""

    def opening(name: str, **environment: str) -> tuple[Helpdesk, Wiretap]:
        stub, its_own = stub_of(name)
        for key, value in (its_own | environment).items():
            monkeypatch.setenv(key, value)
        tap = Wiretap(stub)
        return choose(name, engine, tap), tap

    return opening


async def test_zendesk_is_always_told_who_may_read(opened: Any) -> None:
    """Public is the default there, so every comment says `public`, and the key makes a creation one."""
    desk, tap = opened("zendesk")
    made = [await desk.create(ticket(), opening=INTERNAL) for _ in range(2)]
    await desk.add(made[0].id, note("n", INTERNAL, "secret"), visibility=INTERNAL)
    comments = [body["ticket"]["comment"] for _, body, _ in tap.sent if "comment" in body.get("ticket", {})]
    assert [one["public"] for one in comments] == [False] * 3
    assert made[0] == made[1]
    assert tap.sent[0][2]["Idempotency-Key"] == tap.sent[1][2]["Idempotency-Key"]


async def test_zendesk_keeps_the_operators_tags(opened: Any) -> None:
    """An update never replaces what people have tagged."""
    desk, tap = opened("zendesk")
    made = await desk.create(ticket(), opening=CUSTOMER)
    tap.stub.held[int(made.id)].fields["tags"] += ["vip-watch"]
    await desk.update(made.id, ticket(tags=("firstcontact", "refunded")))
    assert {"vip-watch", "refunded"} <= set((await desk.read(made.id)).tags)


async def test_zendesk_attaches_by_upload_token(opened: Any) -> None:
    """A file is uploaded as it is and hung on its own comment."""
    desk, tap = opened("zendesk")
    made = await desk.create(ticket(), opening=CUSTOMER)
    await desk.add(made.id, note("n", INTERNAL, "see file", FILE), visibility=INTERNAL)
    assert tap.bodies("POST", "/uploads.json") == [b"smashed"]
    assert (await desk.read(made.id)).messages[-1].attachments == ("mug.txt",)


async def test_freshdesk_is_always_told_who_may_read(opened: Any) -> None:
    """Private is the default there, so a note for the customer says `private: false`, with files and without."""
    desk, tap = opened("freshdesk")
    made = await desk.create(ticket(), opening=CUSTOMER)
    for visibility in (CUSTOMER, INTERNAL):
        await desk.add(made.id, note(f"n{visibility}", visibility, "plain"), visibility=visibility)
        await desk.add(made.id, note(f"f{visibility}", visibility, "file", FILE), visibility=visibility)
    assert [body["private"] for body in tap.bodies("POST", "/notes") if isinstance(body, dict)] == [False, True]
    assert [one.visibility for one in (await desk.read(made.id)).messages] == [CUSTOMER, CUSTOMER, INTERNAL, INTERNAL]


async def test_freshdesk_statuses_are_discovered(opened: Any) -> None:
    """A renamed and an added status are found by their names; one that is not there is refused, not guessed."""
    desk, tap = opened("freshdesk")
    made = await desk.create(ticket(), opening=CUSTOMER)
    await desk.update(made.id, ticket(status=TicketStatus.PENDING))
    await desk.update(made.id, ticket(status=TicketStatus.RESOLVED))
    assert [body["status"] for body in tap.bodies("PUT", made.id)] == [6, 4]
    other, _ = opened("freshdesk", FRESHDESK_RESOLVED="Sorted")
    again = await other.create(ticket(), opening=CUSTOMER)
    with pytest.raises(RefusedError, match="no_status_for_resolved"):
        await other.update(again.id, ticket(status=TicketStatus.RESOLVED))


async def test_freshdesk_reads_more_than_a_month(opened: Any) -> None:
    """The list there ends after thirty days unless it is told how far to go back."""
    desk, tap = opened("freshdesk")
    made = await desk.create(ticket(), opening=CUSTOMER)
    tap.stub.held[int(made.id)].made_at -= timedelta(days=40)
    mine = await desk.of_customer("cus-0001", MAYA, since=NOW - timedelta(days=90))
    assert [one.id for one in mine] == [made.id]


async def test_freshdesk_notes_are_escaped(opened: Any) -> None:
    """What a customer types is text in a note of HTML."""
    desk, tap = opened("freshdesk")
    made = await desk.create(ticket(), opening=CUSTOMER)
    await desk.add(made.id, note("n", INTERNAL, "<img src=x onerror=alert(1)>"), visibility=INTERNAL)
    assert "<img" not in tap.bodies("POST", "/notes")[0]["body"]
    assert (await desk.read(made.id)).messages[0].body == "<img src=x onerror=alert(1)>"


async def test_servicenow_writes_into_the_right_journal(opened: Any) -> None:
    """Comments are the caller's to read, work notes are not; an id is a sys_id, a number is for people."""
    desk, tap = opened("servicenow")
    made = await desk.create(ticket(), opening=INTERNAL)
    await desk.add(made.id, note("n", INTERNAL, "internal"), visibility=INTERNAL)
    await desk.add(made.id, note("m", CUSTOMER, "for you"), visibility=CUSTOMER)
    assert [sorted(body) for body in tap.bodies("PATCH", made.id)] == [["work_notes"], ["comments"]]
    assert (len(made.id), made.number[:3]) == (32, "INC")
    with pytest.raises(RefusedError):
        await desk.read(made.number)


async def test_servicenow_resolves_with_a_code_of_its_own(opened: Any) -> None:
    """The close code comes from the instance's list; where neither ours nor the set one is there it is refused."""
    desk, tap = opened("servicenow")
    made = await desk.create(ticket(), opening=INTERNAL)
    await desk.update(made.id, ticket(status=TicketStatus.RESOLVED, code="refunded"))
    (sent,) = tap.bodies("PATCH", made.id)
    assert (sent["state"], sent["close_code"], sent["close_notes"]) == ("6", "Closed by AI", "refunded")
    other, _ = opened("servicenow", SERVICENOW_CLOSE_CODE="Gone")
    with pytest.raises(RefusedError, match="close_code_unknown"):
        await other.update(made.id, ticket(status=TicketStatus.RESOLVED, code="refunded"))


async def test_servicenow_files_are_attached_once(opened: Any) -> None:
    """A file whose note was not heard of is not sent again."""
    desk, tap = opened("servicenow")
    made = await desk.create(ticket(), opening=INTERNAL)
    for _ in range(2):
        await desk.add(made.id, note("n", INTERNAL, "see file", FILE), visibility=INTERNAL)
    assert tap.bodies("POST", "/attachment/file") == [b"smashed"]


async def test_servicenow_queries_cannot_be_bent(opened: Any) -> None:
    """An address with a caret would start another condition: it is refused before it is sent."""
    desk, tap = opened("servicenow")
    bent = MAYA.model_copy(update={"email": "a@x.test^ORactive=true"})
    with pytest.raises(RefusedError):
        await desk.of_customer("cus-0001", bent, since=NOW)
    assert tap.sent == []


async def test_intercom_states_are_the_ticket_types_own(opened: Any) -> None:
    """A state's id is looked up at the type it belongs to; notes and comments are never mixed up."""
    desk, tap = opened("intercom")
    made = await desk.create(ticket(), opening=CUSTOMER)
    await desk.add(made.id, note("n", INTERNAL, "internal"), visibility=INTERNAL)
    await desk.add(made.id, note("m", CUSTOMER, "for you"), visibility=CUSTOMER)
    await desk.update(made.id, ticket(status=TicketStatus.RESOLVED))
    assert [body["message_type"] for body in tap.bodies("POST", "/reply")] == ["note", "comment"]
    assert [body["ticket_state_id"] for body in tap.bodies("PUT", made.id)] == ["74"]


def intercom_call(body: bytes, secret: bytes = b"hush") -> dict[str, str]:
    return {"x-hub-signature": "sha1=" + hmac.new(secret, body, hashlib.sha1).hexdigest()}


def test_intercoms_own_signature(opened: Any) -> None:
    """Its notifications are known by SHA-1 over the body, their age by the signed time in it."""
    desk, _ = opened("intercom")
    said = {"id": "notif_1", "created_at": int(NOW.timestamp()), "data": {"item": {"type": "ticket", "id": "12"}}}
    body, old = json.dumps(said).encode(), json.dumps(said | {"created_at": 1_600_000_000}).encode()
    assert desk.call(intercom_call(body), body, now=NOW) == Call(ticket="12", once="notif_1")
    assert desk.call(intercom_call(body, b"wrong"), body, now=NOW) is None
    assert desk.call(intercom_call(old), old, now=NOW) is None


def test_our_own_signature(opened: Any) -> None:
    """A business rule or scrip signs time and body; another body, time or secret is not listened to."""
    desk, _ = opened("servicenow")
    body, stamp = json.dumps({"ticket": "0" * 32}).encode(), str(int(NOW.timestamp()))
    headers = {TIMESTAMP: stamp, SIGNATURE: sign("hush", stamp, body)}
    assert desk.call(headers, body, now=NOW) == Call(ticket="0" * 32, once=headers[SIGNATURE])
    assert desk.call(headers, body + b" ", now=NOW) is None
    assert desk.call(headers, body, now=NOW + timedelta(minutes=6)) is None
    assert desk.call(headers | {TIMESTAMP: "²"}, body, now=NOW) is None
    assert desk.call(headers | {SIGNATURE: "é"}, body, now=NOW) is None


def test_freshdesks_token(opened: Any) -> None:
    """It can only send a fixed token: that is compared, and a repeated call is just another look."""
    desk, _ = opened("freshdesk")
    assert desk.call({"x-firstcontact-token": "hush"}, b'{"ticket": 7}', now=NOW) == Call(ticket="7", once=None)
    assert desk.call({"x-firstcontact-token": "wrong"}, b'{"ticket": 7}', now=NOW) is None
