"""Webhooks of the helpdesk: signed, and answered before anything is done about them."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from agent.answers import heed
from agent.channels.errors import Fault, FaultError
from agent.channels.widget import MAX_BODY, app_of, limit

router = APIRouter(prefix="/api/hooks")


@router.post("/helpdesk", status_code=202)
async def helpdesk(request: Request) -> dict[str, str]:
    """Take down that a ticket has news; whose call is not genuine learns nothing more than that."""
    await limit(request, f"hook:{request.client.host if request.client else ''}", 600, 60)
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise FaultError(Fault.TOO_LARGE)
    app = app_of(request)
    # Signatures count in real time, whatever day it is in the lab.
    call = app.helpdesk.helpdesk.call(request.headers, raw, now=datetime.now(UTC))
    if call is None:
        raise FaultError(Fault.TOKEN)
    await heed(app.outbox, call)
    return {"status": "accepted"}
