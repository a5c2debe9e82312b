"""Files: taken from the customer, served to operators only, never shown by us."""

from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request, Response

from agent.attachments import MOST_IN_A_CONVERSATION
from agent.channels.desk import operator_of
from agent.channels.errors import Fault, FaultError
from agent.channels.widget import app_of, claims_of, limit
from agent.events import CustomerAttached
from agent.store import AppendRefusedError
from guardrails.audit import AuditEvent
from guardrails.uploads import MOST_BYTES, UploadCode, cleaned
from guardrails.verdict import Denied

router = APIRouter()
_FAULTS = {
    UploadCode.UNKNOWN_KIND: Fault.FILE_KIND,
    UploadCode.TOO_LARGE: Fault.FILE_LARGE,
    UploadCode.TOO_MANY_PAGES: Fault.FILE_PAGES,
    UploadCode.UNREADABLE: Fault.FILE_BROKEN,
    UploadCode.BUSY: Fault.TOO_MANY,
}
#: Seconds in which those who are being looked at are through.
_SOON = 10


async def _file_of(request: Request) -> bytes:
    """Read the file within its limit: what is more is not even taken in."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise FaultError(Fault.FILE_LARGE)
    return bytes(content)


@router.post("/api/chat/uploads", status_code=202)
async def attach(request: Request) -> dict[str, Any]:
    """Take one file as the body, its name percent-encoded in `X-File-Name`; what is kept is made anew from it."""
    claims = await claims_of(request)
    await limit(request, f"files:{claims.conversation}", 6, 600)
    app = app_of(request)
    if len(await app.attachments.of_conversation(claims.conversation)) >= MOST_IN_A_CONVERSATION:
        raise FaultError(Fault.FILES_MANY)
    file = await cleaned(await _file_of(request))
    if isinstance(file, Denied):
        busy = file.code == UploadCode.BUSY
        raise FaultError(_FAULTS[UploadCode(file.code)], retry_after=_SOON if busy else None)
    state = await app.parts.store.load(claims.conversation)
    name = unquote(request.headers.get("x-file-name", "")[:600], errors="replace")
    kept = await app.attachments.put(state.id, state.customer or state.id, name, file)
    attached = CustomerAttached(upload=kept.id, name=kept.name, media=kept.media.value, size=kept.size)
    try:
        cursor = await app.parts.store.append(state.id, [attached])
    except AppendRefusedError:
        raise FaultError(Fault.BROKEN) from None
    return {"cursor": str(cursor), "name": kept.name}


@router.get("/api/desk/conversations/{conversation}/uploads/{upload}")
async def download(request: Request, conversation: str, upload: str) -> Response:
    """Give a file to an operator, to be saved and not shown; the look is audited."""
    operator = operator_of(request)
    app = app_of(request)
    found = await app.attachments.open(conversation, upload)
    if found is None:
        raise FaultError(Fault.NOT_FOUND)
    attachment, content = found
    await app.parts.audit.append(conversation, AuditEvent.VIEW, {"operator": operator.id, "upload": attachment.id})
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=attachment.media.value, headers=headers)
