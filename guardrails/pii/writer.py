"""The thread that writes the log: a line that cannot be redacted is counted, not written."""

import json
import queue
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

from guardrails.log_file import LogFile
from guardrails.pii.known import Known
from guardrails.pii.line import Plain, cleaned, fault
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor

_MOST_WAITING = 20_000
_MOST_REMEMBERED = 4096
_LONGEST_REMEMBERED = 200


def now() -> str:
    """Return the time of a line: the log tells real time, whatever the business clock says."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Line:
    """One line before redaction; `at`, `level` and `logger` are our own words."""

    at: str
    level: str
    logger: str
    fields: dict[str, Plain]


class Writer:
    """Redacts lines and writes them in order; until the redactor is loaded they wait."""

    def __init__(self, file: TextIO | LogFile, redactor: Redactor, *, echo: bool) -> None:
        self._file, self._redactor, self._echo = file, redactor, echo
        self._known = Known()
        self._remembered: OrderedDict[str, str] = OrderedDict()
        self._waiting: queue.Queue[Line | None] = queue.Queue(_MOST_WAITING)
        self._lock = threading.Lock()
        self._age = self._dropped = self._told = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        """Begin to load the redactor and to write."""
        self._thread.start()

    def put(self, line: Line) -> None:
        """Queue one line; never waits, so a full queue drops the line and counts it."""
        if threading.get_ident() == self._thread.ident:
            # What redacting itself has to say would be redacted in turn, without end.
            return
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self.drop()

    def drop(self) -> None:
        """Count a line that is not going to be written."""
        with self._lock:
            self._dropped += 1

    def know(self, profile: Profile) -> None:
        """Mask this customer's own values too from now on."""
        if self._known.add(profile):
            with self._lock:
                self._remembered.clear()
                self._age += 1

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, then how many lines were dropped; a redactor still loading gets only so long."""
        self._waiting.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            # The thread ends with the process; what it could not redact by then is not written.
            return
        self._file.close()

    def _run(self) -> None:
        try:
            self._redactor.load()
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is the same: write nothing unredacted
            self._write("error", "log", {"event": "redactor_not_loaded", "error": fault(error)})
        while (line := self._waiting.get()) is not None:
            self._write_redacted(line)
            # The count doubles between two reports, so that a broken redactor does not fill the disk with them.
            self._tell_dropped(least=max(1, self._told))
        self._tell_dropped(least=1)

    def _write_redacted(self, line: Line) -> None:
        if not self._redactor.ready:
            self.drop()
            return
        try:
            fields = cleaned(line.fields, self._clean)
        except Exception:  # noqa: BLE001 - a line that cannot be redacted is counted, not written
            self.drop()
            return
        self._write(line.level, line.logger, fields, at=line.at)

    def _clean(self, text: str) -> str:
        with self._lock:
            age = self._age
            if text in self._remembered:
                self._remembered.move_to_end(text)
                return self._remembered[text]
        clean = self._redactor.redact(text, others=self._known.about(text)).text
        with self._lock:
            # A profile that came meanwhile might mask more.
            if len(text) <= _LONGEST_REMEMBERED and age == self._age:
                self._remembered[text] = clean
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return clean

    def _tell_dropped(self, *, least: int) -> None:
        if self._dropped - self._told >= least:
            self._told = self._dropped
            self._write("error", "log", {"event": "lines_dropped", "count": self._told})

    def _write(self, level: str, logger: str, fields: dict[str, Any], *, at: str | None = None) -> None:
        head = {"at": at or now(), "level": level, "logger": logger}
        written = json.dumps({**head, **fields, **head}) + "\n"
        try:
            self._file.write(written)
            if self._waiting.empty():
                self._file.flush()
        except OSError:
            # A full disk must not end the thread: writing may be possible again later.
            self.drop()
        if self._echo:
            sys.stderr.write(written)
