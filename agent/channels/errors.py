"""One clear sentence for the person who made the mistake; nothing of what they sent is repeated."""

from enum import StrEnum

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = structlog.get_logger()


class Fault(StrEnum):
    """What went wrong with a request, and the sentence for it."""

    def __new__(cls, value: str, status: int, sentence: str) -> "Fault":
        """Keep the HTTP status and the sentence with the code."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = status  # type: ignore[attr-defined]
        member.sentence = sentence  # type: ignore[attr-defined]
        return member

    EMPTY = ("empty", 422, "Please write something first.")
    TOO_LONG = ("too_long", 422, "That message is too long. Please keep it under 4,000 characters.")
    CONTROL = ("control_characters", 422, "That message holds characters we can't read. Please type it again.")
    NOT_UTF8 = ("not_utf8", 400, "That message isn't readable text. Please send it as UTF-8.")
    MALFORMED = ("malformed", 422, "That request isn't complete. Please reload the page and try again.")
    TOO_LARGE = ("too_large", 413, "That is more than we can take at once. Please send less.")
    FILE_KIND = ("file_kind", 415, "We can take pictures (PNG, JPEG, WebP, GIF) and PDFs. Please send one of those.")
    FILE_LARGE = ("file_large", 413, "That file is too large. Please keep it under 5 MB and 16 megapixels.")
    FILE_PAGES = ("file_pages", 422, "That document is too long. Please send 30 pages at most.")
    FILE_BROKEN = ("file_broken", 422, "We couldn't open that file. Please save it again and send it once more.")
    FILES_MANY = ("files_many", 409, "You have sent 20 files already. Please tell us about the rest in words.")
    TOKEN = ("token_invalid", 401, "Your session is no longer valid. Please reload the page.")
    TOKEN_EXPIRED = ("token_expired", 401, "Your session has run out. Please reload the page.")
    ORIGIN = ("origin", 403, "This page may not open the chat.")
    CHOICE_GONE = ("choice_gone", 409, "That button is no longer open. Please use the newest one.")
    TOO_MANY = ("too_many", 429, "That's a lot at once. Please wait a moment and try again.")
    NOT_FOUND = ("not_found", 404, "There is nothing here.")
    NOT_HOLDER = ("not_holder", 409, "You don't hold this conversation. Claim it first.")
    HELD = ("held", 409, "Somebody else holds this conversation.")
    STALE = ("stale", 409, "The customer wrote meanwhile. Read it, then send again.")
    DECIDED = ("decided", 409, "This request was decided already.")
    REFUSED = ("refused", 409, "The checks refused this action; nothing was changed.")
    OUTCOME_UNKNOWN = ("outcome_unknown", 409, "Nobody can say yet whether it went through. Check in billing first.")
    LOGIN = ("login", 401, "Please sign in.")
    CSRF = ("csrf", 403, "Please reload the page and try again.")
    BROKEN = ("broken", 500, "Something went wrong on our side. Please try again.")


class FaultError(Exception):
    """A request that cannot be served, with the sentence for the person who made it."""

    def __init__(self, fault: Fault, *, retry_after: int | None = None, **fields: object) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.retry_after = retry_after
        self.fields = fields


def answer(fault: Fault, retry_after: int | None = None, **fields: object) -> JSONResponse:
    """Return the response of a fault."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    body = {"error": fault.sentence, "code": fault.value, **fields}  # type: ignore[attr-defined]
    return JSONResponse(body, status_code=fault.status, headers=headers)  # type: ignore[attr-defined]


def install(app: FastAPI) -> None:
    """Answer every failure of the app with one sentence, and log it without the person's words."""

    @app.exception_handler(FaultError)
    async def _fault(request: Request, error: FaultError) -> JSONResponse:
        log.warning("request_refused", code=error.fault.value, path=_route(request))
        return answer(error.fault, error.retry_after, **error.fields)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, _error: RequestValidationError) -> JSONResponse:
        log.warning("request_refused", code=Fault.MALFORMED.value, path=_route(request))
        return answer(Fault.MALFORMED)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        fault = Fault.NOT_FOUND if error.status_code == 404 else Fault.MALFORMED
        log.warning("request_refused", status=error.status_code, path=_route(request))
        response = answer(fault)
        response.status_code = error.status_code
        return response

    @app.exception_handler(Exception)
    async def _broken(request: Request, error: Exception) -> JSONResponse:
        log.error("request_broken", path=_route(request), exc_info=error)
        return answer(Fault.BROKEN)


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return getattr(route, "path", "unknown")
