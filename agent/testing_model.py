"""A model on loopback for tests: speaks the OpenAI protocol over real HTTP, and breaks it on demand.

Without streams it also answers in the protocols of `agent/testing_dialects.py`, by the path that was asked.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from agent.bootstrap import Company
from agent.testing import Chat
from agent.testing_dialects import DIALECTS

Request = dict[str, Any]
_MEGABYTE = 1_000_000


class Break(StrEnum):
    """What a server or a model can do wrong, below the level of words."""

    HANG = "hang"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    NOT_JSON = "not_json"
    NO_CHOICES = "no_choices"
    CLOSED = "closed"
    #: A stream that ends cleanly without having said anything.
    EMPTY = "empty"
    #: A stream or an answer that stops in its middle.
    DIES = "dies"


@dataclass(frozen=True, kw_only=True)
class Script:
    """One answer: calls or words, or a break."""

    calls: tuple[tuple[str, str], ...] = ()
    words: str = ""
    breaks: Break | None = None
    finish: str = ""
    refusal: str | None = None
    #: Characters a streamed piece.
    piece: int = 7
    #: After so many pieces a stream that dies does so.
    dies_after: int = 3
    prompt_tokens: int = 300
    completion_tokens: int = 20


def calls(*made: tuple[str, dict[str, Any]]) -> Script:
    """Return an answer that makes these calls."""
    return Script(calls=tuple((name, json.dumps(arguments)) for name, arguments in made))


Brain = Callable[[Request], Script]


@dataclass
class ModelServer:
    """Answers each request as `brain` says; `requests` keeps what came."""

    brain: Brain
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the base URL for MODEL_BASE_URL."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> Self:
        self._open: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split("\r\n")[0])
            request = json.loads(await reader.readexactly(length)) | {"path": head.split()[1].partition("?")[0]}
            self.requests.append(request)
            await self._answer(writer, request, self.brain(request))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, request: Request, script: Script) -> None:
        match script.breaks:
            case Break.HANG:
                await asyncio.sleep(60)
            case Break.CLOSED:
                writer.transport.abort()
            case Break.RATE_LIMIT:
                _write(writer, 429, b'{"error": {"message": "slow down", "type": "rate_limit"}}')
            case Break.SERVER_ERROR:
                _write(writer, 503, b'{"error": {"message": "overloaded"}}')
            case Break.NOT_JSON:
                _write(writer, 200, b'{"id": "x", "choices": [{"mess')
            case Break.NO_CHOICES:
                _write(writer, 200, json.dumps(_completion(request, script) | {"choices": []}).encode())
            case _ if request.get("stream"):
                await _stream(writer, request, script)
            case Break.DIES:
                body = json.dumps(_completion(request, script)).encode()
                writer.write(_head(200, len(body)) + body[: len(body) // 2])
            case _:
                _write(writer, 200, json.dumps(_completion(request, script)).encode())
        await writer.drain()


def _head(status: int, length: int) -> bytes:
    return f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode()


def _write(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    writer.write(_head(status, len(body)) + body)


def _completion(request: Request, script: Script) -> dict[str, Any]:
    dialect = next((made for path, made in DIALECTS.items() if request["path"].lower().endswith(path)), None)
    if dialect:
        return dialect(script.calls, (script.prompt_tokens, script.completion_tokens))
    made = [
        {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for place, (name, arguments) in enumerate(script.calls)
    ]
    message = {"role": "assistant", "content": script.words or None, "refusal": script.refusal}
    finish = script.finish or ("tool_calls" if made else "stop")
    choice = {"index": 0, "finish_reason": finish, "message": message | ({"tool_calls": made} if made else {})}
    return _shell(request, "chat.completion", [choice]) | {"usage": _usage(script)}


def _shell(request: Request, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "cmpl-1", "object": kind, "created": 1, "model": request["model"], "choices": choices}


def _usage(script: Script) -> dict[str, int]:
    total = script.prompt_tokens + script.completion_tokens
    return {
        "prompt_tokens": script.prompt_tokens,
        "completion_tokens": script.completion_tokens,
        "total_tokens": total,
    }


async def _stream(writer: asyncio.StreamWriter, request: Request, script: Script) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    words = "" if script.breaks is Break.EMPTY else script.words
    pieces = [words[place : place + script.piece] for place in range(0, len(words), script.piece)]
    for number, piece in enumerate(pieces):
        if script.breaks is Break.DIES and number == script.dies_after:
            return
        _chunk(writer, request, {"content": piece}, None)
        await writer.drain()
    _chunk(writer, request, {}, script.finish or "stop")
    writer.write(
        b"data: " + json.dumps(_shell(request, "chat.completion.chunk", []) | {"usage": _usage(script)}).encode()
    )
    writer.write(b"\n\ndata: [DONE]\n\n")


def _chunk(writer: asyncio.StreamWriter, request: Request, delta: dict[str, str], finish: str | None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    writer.write(b"data: " + json.dumps(_shell(request, "chat.completion.chunk", [choice])).encode() + b"\n\n")


def megabyte() -> Script:
    """Return an answer with more text than anybody asked for."""
    return Script(calls=(("ask", json.dumps({"question": "a" * _MEGABYTE})),), words="a" * _MEGABYTE, piece=4096)


@dataclass
class Hosted:
    """A company and the model it asks."""

    company: Company
    server: ModelServer

    async def chat(self, customer: str | None = "cus-0001") -> Chat:
        """Open a conversation."""
        return await Chat.open(self.company, customer)

    def answers(self, *scripts: Script) -> None:
        """Answer with these, the last one again and again."""
        left = list(scripts)
        self.server.brain = lambda _: left.pop(0) if len(left) > 1 else left[0]


#: Joins a company with a hosted model; keyword arguments are settings.
Open = Callable[..., Awaitable[Hosted]]
