"""The one log: every line of this process is redacted before it is written, or it is not written."""

import atexit
import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from guardrails.log_file import LogFile
from guardrails.pii.line import fault, plain, without_text
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.pii.writer import Line, Writer, now

_OPEN: "list[LogSink]" = []


def know(profile: Profile) -> None:
    """Mask this customer's own values from now on in every log that is open in this process."""
    for sink in _OPEN:
        sink.know(profile)


class LogSink:
    """Takes over structlog and stdlib logging until it is closed."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._former: dict[logging.Logger, tuple[list[logging.Handler], bool]] = {}
        self._level = logging.getLogger().level
        self._closed = False

    def start(self) -> None:
        """Take over both kinds of logging and start to write."""
        structlog.configure(
            processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, self._take],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            cache_logger_on_first_use=False,
        )
        _OPEN.append(self)
        self.adopt()
        root = logging.getLogger()
        root.setLevel(logging.INFO)
        root.handlers = [_Handler(self._writer)]
        logging.captureWarnings(capture=True)
        self._writer.start()
        atexit.register(self.close)

    def adopt(self) -> None:
        """Send every stdlib logger here; call it again after importing a package that installs handlers of its own."""
        named = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
        for logger in (logging.root, *named):
            others = [one for one in logger.handlers if not isinstance(one, _Handler)]
            if others:
                self._former.setdefault(logger, (others, logger.propagate))
                logger.handlers = [one for one in logger.handlers if isinstance(one, _Handler)]
                logger.propagate = True

    def know(self, profile: Profile) -> None:
        """Mask this customer's own values too from now on."""
        self._writer.know(profile)

    def close(self) -> None:
        """Write what waits and give logging back."""
        if self._closed:
            return
        self._closed = True
        _OPEN.remove(self)
        atexit.unregister(self.close)
        logging.captureWarnings(capture=False)
        logging.root.handlers = [one for one in logging.root.handlers if not isinstance(one, _Handler)]
        logging.root.setLevel(self._level)
        for logger, (handlers, propagate) in self._former.items():
            logger.handlers, logger.propagate = [*logger.handlers, *handlers], propagate
        structlog.reset_defaults()
        self._writer.close()

    def _take(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        error, level = _error(event.pop("exc_info", None)), str(event.pop("level", "info"))
        fields = {key: plain(value) for key, value in event.items()}
        fields["event"] = without_text(str(fields.get("event", "")), error)
        if error is not None:
            fields["error"] = fault(error)
        self._writer.put(Line(now(), level, "firstcontact", fields))
        raise structlog.DropEvent


class _Handler(logging.Handler):
    """Where stdlib logging ends."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one record over; exceptions in it give their type only."""
        error = record.exc_info[1] if record.exc_info else None
        try:
            message = without_text(_message(record), error)
        except (TypeError, ValueError, KeyError):
            # Never handleError: it prints the arguments.
            self._writer.drop()
            return
        fields = {"event": plain(message)}
        if error is not None:
            # asyncio and uvicorn go on to quote the task or the traceback.
            fields = {"event": message.partition("\n")[0], "error": fault(error)}
        self._writer.put(Line(now(), record.levelname.lower(), record.name, fields))


def open_log(path: Path, redactor: Redactor, *, echo: bool) -> LogSink:
    """Open the log file and send all logging of this process to it; with `echo` to stderr as well."""
    sink = LogSink(Writer(LogFile(path), redactor, echo=echo))
    sink.start()
    return sink


def _error(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def _message(record: logging.LogRecord) -> str:
    args, text = record.args, _typed(record.msg)
    if isinstance(args, tuple):
        args = tuple(_typed(one) for one in args)
    elif args:
        args = {key: _typed(one) for key, one in args.items()}
    return str(text) % args if args else str(text)


def _typed(value: object) -> Any:
    return type(value).__qualname__ if isinstance(value, BaseException) else value
