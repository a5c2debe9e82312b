"""Starts everything of a demo or a small installation and stops it again: Redis, the server, the lab."""

import hmac
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from agent import embedded_redis
from agent.settings import Settings

LAB = Path(__file__).parents[1] / "app.py"


class Server(uvicorn.Server):
    """Ends the open streams first: a stop would otherwise wait for them."""

    def __init__(self, app: FastAPI, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on Ctrl-C or a polite kill."""
        if running := getattr(self._app.state, "firstcontact", None):
            running.wakes.stop()
        self._on_stop()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, settings: Settings, *, on_stop: Callable[[], None] = lambda: None) -> None:
    """Serve until told to stop; a second Ctrl-C does not wait. `on_stop` is called as soon as a stop is asked for."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=64 * 1024,
    )
    # uvicorn raises the signal again once it has stopped; what `serve` owns must still be put away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        Server(app, config, on_stop).run()
    except KeyboardInterrupt:
        return


@contextmanager
def owned_redis(settings: Settings) -> Iterator[None]:
    """Run the embedded Redis unless another one is set."""
    if settings.redis_url:
        yield
        return
    folder = settings.home / "redis"
    embedded_redis.start(folder)
    try:
        yield
    finally:
        embedded_redis.stop(folder)


@contextmanager
def running_redis(settings: Settings) -> Iterator[None]:
    """Use the embedded Redis of a server that runs; without one, run it for as long as it is needed."""
    folder = settings.home / "redis"
    if settings.redis_url or embedded_redis.running(folder) is not None:
        yield
        return
    with owned_redis(settings):
        yield


@contextmanager
def lab(settings: Settings) -> Iterator[Callable[[], None]]:
    """Run the lab beside the server, in a process of its own and on the same log; yields what begins its end."""
    arguments = [sys.executable, "-m", "chainlit", "run", str(LAB), "--headless", "--port", str(settings.lab_port)]
    environment = os.environ | {"CHAINLIT_HOST": settings.host, "FIRSTCONTACT_HOME": str(settings.home)}
    if not settings.demo:
        environment.setdefault("CHAINLIT_AUTH_SECRET", _lab_secret(settings))
    # What Chainlit itself prints; the lab's own log is redacted. It begins anew with every start.
    log = (settings.home / "lab.out").open("wb")
    process = subprocess.Popen(  # noqa: S603  # our own program
        [*arguments, "--host", settings.host],
        env=environment,
        cwd=LAB.parent,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        # Both stop at once, so that a stop takes as long as the slower one.
        yield lambda: _tell(process)
    finally:
        _end(process)
        log.close()


def _lab_secret(settings: Settings) -> str:
    # Chainlit can sign in whom it likes with this; so it gets one of its own and never the session secret.
    return hmac.digest(settings.keys().session.encode(), b"lab", "sha256").hex()


def _tell(process: "subprocess.Popen[bytes]") -> None:
    # Its own session, so that its children go with it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def _end(process: "subprocess.Popen[bytes]") -> None:
    _tell(process)
    try:
        process.wait(2.5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
