"""A log file that grows to a size or a day and is then put aside, and the end of those put aside."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

MOST_BYTES = 20_000_000
_LOOK_EVERY = 64  # lines


class LogFile:
    """Appends lines; also when another process has put the file aside in the meantime."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._most = path, most_bytes
        self._lines = 0
        self._file = self._opened()

    def write(self, text: str) -> int:
        """Append one line, to a new file where the present one is full or of an earlier day."""
        if self._lines % _LOOK_EVERY == 0:
            self._turn_page()
        self._lines += 1
        return self._file.write(text)

    def flush(self) -> None:
        """Hand what was written to the system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _opened(self) -> TextIO:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        return os.fdopen(os.open(self._path, flags, 0o600), "a", encoding="ascii")

    def _turn_page(self) -> None:
        self._file.flush()
        mine = os.fstat(self._file.fileno())
        try:
            there = self._path.stat()
        except FileNotFoundError:
            there = None
        if there is not None and there.st_ino == mine.st_ino:
            if there.st_size < self._most and not _of_an_earlier_day(there):
                return
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
            self._path.rename(self._path.with_name(f"{self._path.name}.{stamp}"))
        self._file.close()
        self._file = self._opened()


def _of_an_earlier_day(there: os.stat_result) -> bool:
    last = datetime.fromtimestamp(there.st_mtime, UTC)
    return there.st_size > 0 and last.date() < datetime.now(UTC).date()


def forget_logs(folder: Path, before: datetime) -> int:
    """Delete the logs of a folder, those put aside too, that have had no line since a moment; return how many."""
    old = [one for one in folder.glob("*.log*") if one.stat().st_mtime < before.timestamp()]
    for one in old:
        one.unlink(missing_ok=True)
    return len(old)
