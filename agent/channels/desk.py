"""The operators' API: its own session, role and CSRF token; every deed goes through `takeover`."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from agent.app_state import App
from agent.channels.context import context_of, queue_rows
from agent.channels.errors import Fault, FaultError
from agent.channels.projection import for_staff
from agent.channels.stream import follow
from agent.channels.widget import _Body, app_of, body_of, check_origin, limit
from agent.staff import staff
from agent.store import AppendRefusedError, Cursor, Lost
from agent.takeover import NotHolderError, Operator
from agent.wakes import ANY
from guardrails.audit import AuditEvent
from guardrails.identity import DeskClaims, InvalidTokenError
from tools.action import Done, Refused, Unknown
from tools.helpdesk.outbox import DeadLetter

router = APIRouter(prefix="/api/desk")
COOKIE = "desk_session"
_Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class LoginBody(_Body):
    operator: str = Field(max_length=64)
    password: str | None = Field(default=None, max_length=200)


class WordsBody(_Body):
    text: _Written = Field(max_length=4000)
    seen: str = Field(default="", max_length=64)


class ReasonBody(_Body):
    reason: _Written = Field(max_length=1000)


def _claims(request: Request) -> DeskClaims:
    try:
        return app_of(request).tokens.read_desk(request.cookies.get(COOKIE, ""))
    except InvalidTokenError:
        raise FaultError(Fault.LOGIN) from None


def operator_of(request: Request) -> Operator:
    """Return the operator who is signed in."""
    claims = _claims(request)
    found = next((one for one in staff() if one.id == claims.operator), None)
    if found is None:
        raise FaultError(Fault.LOGIN)
    return found


def acting(request: Request) -> Operator:
    """Return the operator of a request that changes something: it must carry the session's CSRF token."""
    check_origin(request)
    operator = operator_of(request)
    if not secrets.compare_digest(request.headers.get("x-csrf", "").encode(), _claims(request).csrf.encode()):
        raise FaultError(Fault.CSRF)
    return operator


def _described(operator: Operator) -> dict[str, str]:
    return {"id": operator.id, "name": operator.name, "initials": operator.initials, "role": operator.role}


@router.get("/operators")
async def operators(request: Request) -> list[dict[str, str]]:
    """List who can sign in without a password: in the demo on this machine only."""
    if not app_of(request).settings.demo:
        raise FaultError(Fault.NOT_FOUND)
    return [_described(one) for one in staff()]


@router.post("/login")
async def login(request: Request, response: Response) -> dict[str, Any]:
    """Sign an operator in: by a click in the demo, else with the staff password."""
    check_origin(request)
    app = app_of(request)
    await limit(request, f"login:{request.client.host if request.client else ''}", 10, 60)
    body: LoginBody = await body_of(request, LoginBody)
    operator = next((one for one in staff() if one.id == body.operator), None)
    if operator is None or not _password_right(app, body.password):
        raise FaultError(Fault.LOGIN)
    csrf = secrets.token_hex(16)
    token = app.tokens.mint_desk(operator.id, operator.role, csrf)
    response.set_cookie(
        COOKIE, token, max_age=8 * 3600, httponly=True, samesite="strict", secure=not app.settings.on_loopback
    )
    return {"operator": _described(operator), "csrf": csrf}


def _password_right(app: App, given: str | None) -> bool:
    if app.settings.demo:
        return True
    wanted = app.settings.staff_password
    return wanted is not None and secrets.compare_digest((given or "").encode(), wanted.get_secret_value().encode())


@router.get("/me")
async def me(request: Request) -> dict[str, Any]:
    """Return the session that the cookie holds."""
    return {"operator": _described(operator_of(request)), "csrf": _claims(request).csrf}


@router.post("/logout")
async def logout(request: Request, response: Response) -> dict[str, str]:
    """End the session in this browser."""
    acting(request)
    response.delete_cookie(COOKIE)
    return {}


@router.get("/queue")
async def queue(request: Request) -> dict[str, Any]:
    """List the conversations, those that wait for a person first."""
    operator_of(request)
    return {"rows": await queue_rows(app_of(request))}


@router.get("/changes")
async def changes(request: Request) -> StreamingResponse:
    """Say whenever any conversation has news."""
    operator_of(request)
    lines = app_of(request).wakes.changes(ANY, pause=0.2)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


@router.get("/conversations/{conversation}")
async def conversation(request: Request, conversation: str) -> dict[str, Any]:
    """Return the context pane: packet, customer, orders, approvals, ticket; real values are read live, audited."""
    operator = operator_of(request)
    await _known(request, conversation)
    return await context_of(app_of(request), conversation, operator)


@router.get("/conversations/{conversation}/events")
async def events(request: Request, conversation: str, after: str = "") -> StreamingResponse:
    """Stream every event of a conversation, staff ones included."""
    operator_of(request)
    await _known(request, conversation)
    app = app_of(request)

    async def read(at: int) -> list[dict[str, Any]]:
        # Both streams up to the same place: an append between the two reads must not be passed over.
        last = await app.parts.store.last(conversation)
        found = [*await app.parts.store.read(conversation, at), *await app.parts.store.read_staff(conversation, at)]
        known = sorted((event for event in found if event.seq <= last), key=lambda one: one.seq)
        return [view for event in known if (view := for_staff(event)) is not None]

    async def still() -> bool:
        try:
            operator_of(request)
        except FaultError:
            return False
        return True

    lines = follow(app.parts.store, app.wakes, conversation, Cursor.parse(after), read, still)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


async def _known(request: Request, conversation: str) -> None:
    if await app_of(request).parts.store.incarnation(conversation) is None:
        raise FaultError(Fault.NOT_FOUND)


@router.post("/conversations/{conversation}/claim")
async def claim(request: Request, conversation: str) -> dict[str, int]:
    """Take the conversation: of many at once one gets it."""
    operator = acting(request)
    await _known(request, conversation)
    app = app_of(request)
    try:
        return {"epoch": await app.takeover.claim(conversation, operator)}
    except AppendRefusedError:
        holder = (await app.parts.store.load(conversation)).holder
        raise FaultError(Fault.HELD, holder=holder) from None


@router.post("/conversations/{conversation}/release")
async def release(request: Request, conversation: str) -> dict[str, str]:
    """Give the conversation back to the agent."""
    operator = acting(request)
    await _known(request, conversation)
    try:
        await app_of(request).takeover.release(conversation, operator)
    except NotHolderError:
        raise FaultError(Fault.NOT_HOLDER) from None
    return {}


@router.post("/conversations/{conversation}/say", status_code=202)
async def say(request: Request, conversation: str) -> dict[str, str]:
    """Say something as a person; refused when the customer wrote after what the operator saw."""
    operator = acting(request)
    await _known(request, conversation)
    body: WordsBody = await body_of(request, WordsBody)
    app = app_of(request)
    try:
        seen = Cursor.parse(body.seen)
        if seen.incarnation != await app.parts.store.incarnation(conversation):
            raise FaultError(Fault.STALE)
        cursor = await app.takeover.say(conversation, operator, body.text, seen=seen)
    except NotHolderError:
        raise FaultError(Fault.NOT_HOLDER) from None
    except AppendRefusedError as refused:
        raise FaultError(Fault.STALE if refused.why is Lost.STALE else Fault.NOT_FOUND) from None
    return {"cursor": str(cursor)}


@router.post("/conversations/{conversation}/note")
async def note(request: Request, conversation: str) -> dict[str, str]:
    """Add a note that no customer can read."""
    operator = acting(request)
    await _known(request, conversation)
    body: WordsBody = await body_of(request, WordsBody)
    await app_of(request).takeover.note(conversation, operator, body.text)
    return {}


@router.post("/conversations/{conversation}/approvals/{approval}/approve")
async def approve(request: Request, conversation: str, approval: str) -> dict[str, Any]:
    """Approve what waits; it passes the same door and its receipt appears in the chat."""
    operator = acting(request)
    await _known(request, conversation)
    try:
        outcome = await app_of(request).takeover.approve(conversation, operator, approval)
    except NotHolderError:
        raise FaultError(Fault.NOT_HOLDER) from None
    except LookupError:
        raise FaultError(Fault.DECIDED) from None
    if isinstance(outcome, Unknown):
        raise FaultError(Fault.OUTCOME_UNKNOWN)
    if not isinstance(outcome, Done):
        detail = outcome.code if isinstance(outcome, Refused) else outcome.status
        raise FaultError(Fault.REFUSED, detail=detail)
    asked = await app_of(request).parts.approvals.of_conversation(conversation)
    shown = next(one for one in asked if one.id == approval)
    return {"receipt": outcome.receipt, "title": shown.title, "facts": [one for one in shown.facts if one[0] != "Next"]}


@router.post("/conversations/{conversation}/approvals/{approval}/reject")
async def reject(request: Request, conversation: str, approval: str) -> dict[str, str]:
    """Decide against what waits, with a reason for the record."""
    operator = acting(request)
    await _known(request, conversation)
    body: ReasonBody = await body_of(request, ReasonBody)
    try:
        await app_of(request).takeover.reject(conversation, operator, approval, body.reason)
    except NotHolderError:
        raise FaultError(Fault.NOT_HOLDER) from None
    except LookupError:
        raise FaultError(Fault.DECIDED) from None
    return {}


@router.get("/deliveries")
async def deliveries(request: Request) -> dict[str, Any]:
    """List the deliveries that were given up: their keys and what failed, nothing of what they say."""
    operator_of(request)
    letters = await app_of(request).outbox.dead_letters()
    return {"letters": [_letter(one) for one in letters]}


@router.post("/deliveries/{letter}/retry")
async def retry_delivery(request: Request, letter: Annotated[int, Path(ge=1, lt=2**31)]) -> dict[str, str]:
    """Have a given-up delivery tried again at once; it goes out under the same key."""
    operator = acting(request)
    app = app_of(request)
    if not await app.outbox.revive(letter):
        raise FaultError(Fault.NOT_FOUND)
    await app.parts.audit.append("desk", AuditEvent.DELIVERY, {"operator": operator.id, "delivery": letter})
    return {}


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "kind": letter.kind.value,
        "key": letter.key,
        "error": letter.error,
        "attempts": letter.attempts,
        "since": letter.since.isoformat(),
    }
