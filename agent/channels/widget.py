"""The customer's API: a short bearer token, events by cursor, words and choices."""

import json
import re
import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from agent.app_state import App
from agent.channels.errors import Fault, FaultError
from agent.channels.projection import for_customer
from agent.channels.stream import follow
from agent.events import AgentSaid, CustomerChose, CustomerIdentified, CustomerSaid, OperatorSaid
from agent.recovery import restart
from agent.store import Append, Cursor
from agent.texts import text
from guardrails.identity import InvalidTokenError, Level, Principal, SessionClaims, TokenFault
from guardrails.inbound import screen
from guardrails.verdict import Denied

router = APIRouter(prefix="/api/chat")
#: The longest message in the longest JSON spelling of a character: twelve bytes each.
MAX_BODY = 64_000
STARTERS = ("order", "refund", "policy", "person")
_FAULTS = {
    "empty": Fault.EMPTY,
    "too_long": Fault.TOO_LONG,
    "control_characters": Fault.CONTROL,
    "lone_surrogates": Fault.NOT_UTF8,
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SessionBody(_Body):
    identity: str | None = Field(default=None, max_length=4000)
    resume: str | None = Field(default=None, max_length=4000)


class MessageBody(_Body):
    text: str
    client_id: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")


class ChoiceBody(_Body):
    choice: str = Field(max_length=200)


async def body_of(request: Request, model: type[_Body]) -> Any:
    """Read a body within its limits; what is wrong with it is one sentence, never an echo."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise FaultError(Fault.TOO_LONG if model is MessageBody else Fault.TOO_LARGE)
    try:
        return model.model_validate(json.loads(raw.decode()))
    except UnicodeDecodeError:
        raise FaultError(Fault.NOT_UTF8) from None
    except (ValueError, RecursionError):
        # Besides broken JSON and a wrong shape, numbers too long to read.
        raise FaultError(Fault.MALFORMED) from None


def app_of(request: Request) -> App:
    """Return the running application's parts."""
    app: App = request.app.state.firstcontact
    return app


def check_origin(request: Request) -> None:
    """Refuse pages that may not open the chat; a caller that is no page sends no origin."""
    origin = request.headers.get("origin")
    if origin and origin not in app_of(request).origins:
        raise FaultError(Fault.ORIGIN)


async def claims_of(request: Request) -> SessionClaims:
    """Return who is speaking, or refuse: forged, foreign and expired tokens look alike but for the sentence."""
    check_origin(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        claims = app_of(request).tokens.read_session(token if scheme.lower() == "bearer" else "")
    except InvalidTokenError as invalid:
        expired = invalid.code is TokenFault.EXPIRED
        raise FaultError(Fault.TOKEN_EXPIRED if expired else Fault.TOKEN) from None
    await _ensure(request, claims)
    return claims


async def _ensure(request: Request, claims: SessionClaims) -> None:
    """See to it that the token's conversation has a log and is still its principal's."""
    app = app_of(request)
    if await app.parts.store.incarnation(claims.conversation) is None:
        if not await restart(app.parts, claims.conversation, claims.principal):
            raise FaultError(Fault.TOKEN)
        app.sweeper.start(claims.conversation)
    state = await app.parts.store.load(claims.conversation)
    # A visitor's token ends where a customer signed in; a visitor known by a code is still that visitor.
    theirs = state.customer == claims.principal.customer if claims.principal.customer else not state.signed_in
    if not theirs:
        raise FaultError(Fault.TOKEN)


async def limit(request: Request, scope: str, count: int, seconds: int) -> None:
    """Refuse what is more than `count` in `seconds` for a scope."""
    wait = await app_of(request).limits.take(scope, count, seconds)
    if wait is not None:
        raise FaultError(Fault.TOO_MANY, retry_after=wait)


@router.post("/session")
async def session(request: Request) -> dict[str, Any]:
    """Open or continue the caller's conversation and mint its token."""
    check_origin(request)
    address = request.client.host if request.client else "unknown"
    await limit(request, f"session:{address}", 120, 60)
    app = app_of(request)
    body: SessionBody = await body_of(request, SessionBody)
    try:
        principal = (
            app.tokens.verify_site_identity(body.identity) if body.identity else Principal(None, Level.ANONYMOUS)
        )
    except InvalidTokenError:
        raise FaultError(Fault.TOKEN) from None
    visitor, conversation = await _conversation(app, body, principal)
    return {
        "token": app.tokens.mint_session(conversation, principal, visitor, minutes=10),
        "expires_in": 600,
        "conversation": conversation,
        "resume": None if principal.customer else app.tokens.mint_resume(visitor, conversation),
        "signed_in": principal.customer is not None,
        "company": app.parts.company,
        "agent": "AI agent",
        "starters": [{"label": text(f"starter_{one}"), "text": text(f"starter_{one}")} for one in STARTERS],
    }


async def _conversation(app: App, body: SessionBody, principal: Principal) -> tuple[str, str]:
    visitor, resumed = _resumed(app, body.resume)
    store = app.parts.store
    if principal.customer is None:
        conversation = resumed or _new_id()
        if not await _start(app, conversation, principal) or (await store.load(conversation)).signed_in:
            # This conversation became a customer's: a visitor's token no longer opens it.
            visitor, conversation = secrets.token_hex(8), _new_id()
            await _start(app, conversation, principal)
        return visitor, conversation
    theirs = await _upgraded(app, resumed, principal.customer) or await store.current(principal.customer)
    mine = theirs or await _untold(app, principal.customer) or _new_id()
    if not await _start(app, mine, principal):
        mine = _new_id()
        await _start(app, mine, principal)
    await store.set_current(principal.customer, mine)
    return visitor, mine


def _resumed(app: App, resume: str | None) -> tuple[str, str | None]:
    if resume:
        try:
            return app.tokens.read_resume(resume)
        except InvalidTokenError:
            return secrets.token_hex(8), None
    return secrets.token_hex(8), None


async def _upgraded(app: App, conversation: str | None, customer: str) -> str | None:
    """Give an anonymous conversation to the customer who signed in while having it."""
    if conversation is None or await app.parts.store.incarnation(conversation) is None:
        return None
    state = await app.parts.store.load(conversation)
    if state.customer not in (None, customer) or not state.transcript:
        return None
    if not state.signed_in:
        await app.parts.store.append(conversation, [CustomerIdentified(customer=customer, level=Level.SIGNED_IN)])
    return conversation


async def _untold(app: App, customer: str) -> str | None:
    """Return a lost conversation whose outcome the customer has not been told."""
    untold = await app.parts.door.ledger.untold(customer=customer)
    return untold[-1].conversation if untold else None


async def _start(app: App, conversation: str, principal: Principal) -> bool:
    """See to it that a conversation has a log; False where a lost one was another customer's."""
    store = app.parts.store
    if await store.incarnation(conversation) is not None:
        return True
    if not await restart(app.parts, conversation, principal):
        return False
    if (await store.load(conversation)).recovered:
        app.sweeper.start(conversation)
    return True


def _new_id() -> str:
    return "cnv-" + secrets.token_hex(10)


@router.get("/events")
async def events(request: Request, after: str = "") -> StreamingResponse:
    """Stream the conversation's events after a cursor."""
    claims = await claims_of(request)
    app = app_of(request)

    async def read(at: int) -> list[dict[str, Any]]:
        found = await app.parts.store.read(claims.conversation, at)
        return [view for event in found if (view := for_customer(event)) is not None]

    async def still() -> bool:
        # The token may run out, and the conversation may become somebody's who signed in, while the stream is open.
        try:
            await claims_of(request)
        except FaultError:
            return False
        return True

    lines = follow(app.parts.store, app.wakes, claims.conversation, Cursor.parse(after), read, still)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


@router.post("/messages", status_code=202)
async def messages(request: Request) -> dict[str, str]:
    """Take the customer's words; the same client id again is the same message."""
    claims = await claims_of(request)
    body: MessageBody = await body_of(request, MessageBody)
    words = re.sub(r"\r\n?", "\n", body.text).strip()
    verdict = screen(words)
    if isinstance(verdict, Denied):
        raise FaultError(_FAULTS.get(verdict.code, Fault.MALFORMED))
    await limit(request, f"words:{claims.conversation}", 20, 60)
    said = CustomerSaid(text=words, client_id=body.client_id)
    return await _append(request, claims, said, f"c{body.client_id}")


@router.post("/choices", status_code=202)
async def choices(request: Request) -> dict[str, str]:
    """Take a pressed button, if it is still open."""
    claims = await claims_of(request)
    body: ChoiceBody = await body_of(request, ChoiceBody)
    await limit(request, f"words:{claims.conversation}", 20, 60)
    state = await app_of(request).parts.store.load(claims.conversation)
    button = state.open_choices().get(body.choice)
    if button is None:
        raise FaultError(Fault.CHOICE_GONE)
    # Pressed again before anybody has answered, it is the same choice.
    answered = max((one.seq for one in state.transcript if isinstance(one, AgentSaid | OperatorSaid)), default=0)
    dedupe = f"b{body.choice}.{answered}"
    return await _append(request, claims, CustomerChose(choice=button.id, label=button.label), dedupe)


@router.post("/person", status_code=202)
async def person(request: Request) -> dict[str, str]:
    """Take the wish for a person: always open."""
    claims = await claims_of(request)
    await limit(request, f"words:{claims.conversation}", 20, 60)
    return await _append(request, claims, CustomerChose(choice="person", label=text("button_person")), None)


async def _append(
    request: Request, claims: SessionClaims, event: CustomerSaid | CustomerChose, dedupe: str | None
) -> dict[str, str]:
    app = app_of(request)
    cursor = await app.parts.store.append(claims.conversation, [event], Append(inbound=True, dedupe=dedupe))
    app.sweeper.start(claims.conversation)
    return {"cursor": str(cursor)}
