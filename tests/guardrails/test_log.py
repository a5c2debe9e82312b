"""The log: nothing is written that was not redacted."""

import asyncio
import contextlib
import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog

from guardrails.pii.log import LogSink, open_log
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.pii.span import Kind
from guardrails.pii.writer import Line, Writer

Opener = Callable[..., LogSink]
log = structlog.get_logger()
shared = Redactor()


class BrokenRedactor(Redactor):
    """A redactor whose engine cannot be loaded."""

    def load(self) -> None:
        """Fail as a missing package does."""
        raise ImportError("ada@example.com")


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """A log that is closed at once gives its redactor a second to load; a busy machine takes longer."""
    shared.load()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is written."""
    return tmp_path / "var" / "log.jsonl"


@pytest.fixture
def opened(path: Path) -> Iterator[Opener]:
    """Open a log that is closed whatever happens."""
    sinks: list[LogSink] = []

    def open_one(redactor: Redactor = shared, *, echo: bool = False) -> LogSink:
        sinks.append(open_log(path, redactor, echo=echo))
        return sinks[-1]

    yield open_one
    for sink in sinks:
        sink.close()


def lines(path: Path) -> list[dict[str, Any]]:
    """Return what was written."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_values_are_redacted_and_ids_survive(opened: Opener, path: Path) -> None:
    """Every string in a line is redacted, however deep; order numbers and ids stay."""
    sink = opened()
    log.info("order 1042 of ada@example.com", conversation="cnv-4f2a", deep={"x": ["503-555-0137"]}, n=7, ok=True)
    sink.close()
    (line,) = lines(path)
    assert (line["event"], line["conversation"], line["deep"]) == (
        "order 1042 of <EMAIL>",
        "cnv-4f2a",
        {"x": ["<PHONE>"]},
    )
    assert (line["n"], line["ok"], line["level"]) == (7, True, "info")


def test_keys_and_long_numbers_are_redacted_too(opened: Opener, path: Path) -> None:
    """Neither a key nor a number is a way around."""
    sink = opened()
    log.info("seen", counts={"ada@example.com": 1}, number=5035550137, took_ms=1200)
    sink.close()
    (line,) = lines(path)
    assert (line["counts"], line["number"], line["took_ms"]) == ({"<EMAIL>": 1}, "<PHONE>", 1200)


def test_stdlib_logging_goes_the_same_way(opened: Opener, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Loggers with handlers of their own are taken over, and get them back."""
    foreign, handler = logging.getLogger("foreign"), logging.StreamHandler()
    foreign.addHandler(handler)
    foreign.propagate = False
    sink = opened()
    foreign.warning("mail for %s", "ada@example.com")
    sink.close()
    assert [(line["logger"], line["event"]) for line in lines(path)] == [("foreign", "mail for <EMAIL>")]
    assert "ada" not in capsys.readouterr().err
    assert (foreign.handlers, foreign.propagate) == ([handler], False)


def test_warnings_are_logged(opened: Opener, path: Path) -> None:
    """A warning's text is redacted like any other."""
    sink = opened()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("ada@example.com", stacklevel=1)
    sink.close()
    assert "<EMAIL>" in lines(path)[0]["event"]


def test_an_exception_is_its_type_and_frames(opened: Opener, path: Path) -> None:
    """What an exception says is not written, in whatever form it comes."""
    sink = opened()
    try:
        raise ValueError("Ada lives in the mill") from KeyError("Ada")
    except ValueError as error:
        log.exception("failed")
        log.error(f"failed: {error}", exc_info=True, error=error)
        logging.getLogger("x").exception("failed: %s", error)
        logging.getLogger("x").error(error)
    sink.close()
    written = path.read_text("ascii")
    assert "Ada" not in written
    assert [line["error"]["type"] for line in lines(path)[:3]] == ["ValueError"] * 3
    assert "test_log.py:" in lines(path)[0]["error"]["frames"][-1]
    assert lines(path)[0]["error"]["cause"]["type"] == "KeyError"


async def test_a_lost_tasks_exception_is_not_quoted(opened: Opener, path: Path) -> None:
    """What asyncio says about a failed task is cut down to its first line."""
    sink = opened()
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": ValueError("Ada"), "task": "Ada's task"}
    )
    sink.close()
    (line,) = lines(path)
    assert "Ada" not in str(line)
    assert line["error"]["type"] == "ValueError"


def test_an_object_is_its_type(opened: Opener, path: Path) -> None:
    """No object's own words are written."""
    sink = opened()
    log.info("seen", who=Profile(names=("Ada",)), raw=b"Ada", path=Path("a/b"), id=uuid4())
    sink.close()
    assert (lines(path)[0]["who"], lines(path)[0]["raw"], lines(path)[0]["path"]) == ("<Profile>", "<bytes>", "a/b")


def test_a_known_customers_values_are_masked(opened: Opener, path: Path) -> None:
    """From the moment a profile is known its values are masked, in lines seen before too."""
    sink = opened()
    log.info("maya wrote")
    sink.know(Profile(names=("Maya Whitfield",), phones=("+1 503-555-0137",)))
    log.info("again", text="maya wrote from 555 0137")
    sink.close()
    assert lines(path)[1]["text"] == "<PERSON> wrote from <PHONE>"


def test_without_a_redactor_nothing_is_written(opened: Opener, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If the redactor does not load, lines are dropped and the count of them is written."""
    sink = opened(BrokenRedactor(), echo=True)
    for n in range(5):
        log.info("mail for ada@example.com", n=n)
    sink.close()
    written = lines(path)
    assert (written[0]["event"], written[-1]["event"], written[-1]["count"]) == (
        "redactor_not_loaded",
        "lines_dropped",
        5,
    )
    assert "ada" not in path.read_text("ascii") + capsys.readouterr().err


def test_lines_wait_for_the_redactor(opened: Opener, path: Path) -> None:
    """What is logged while the redactor loads is written afterwards, in order."""
    gate = threading.Event()

    class Slow(Redactor):
        def load(self) -> None:
            gate.wait(10)
            super().load()

    sink = opened(Slow())
    for n in range(3):
        log.info("early", n=n)
    assert path.read_text() == ""
    gate.set()
    sink.close()
    assert [line["n"] for line in lines(path)] == [0, 1, 2]


def test_a_line_that_cannot_be_redacted_is_counted(opened: Opener, path: Path) -> None:
    """A failure on one line loses that line only."""

    class Failing(Redactor):
        def redact(self, text: str, *args: Any, **options: Any) -> Any:
            if text == "bad":
                raise RuntimeError
            return super().redact(text, *args, **options)

    sink = opened(Failing())
    log.info("bad")
    logging.getLogger("x").info("%d", "no number")
    log.info("good")
    sink.close()
    events = [(line["event"], line.get("count")) for line in lines(path)]
    assert ("good", None) in events
    assert ("lines_dropped", 2) in events
    assert "bad" not in dict(events)


def test_echo_prints_the_same_lines(opened: Opener, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stderr shows what the file holds."""
    sink = opened(echo=True)
    log.info("mail for ada@example.com")
    sink.close()
    assert capsys.readouterr().err == path.read_text("ascii")


def test_only_the_owner_reads_the_log(opened: Opener, path: Path) -> None:
    """The file's mode is private."""
    opened().close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_closing_twice_is_once(opened: Opener) -> None:
    """Closing is idempotent, and gives the root logger back."""
    before = list(logging.root.handlers)
    sink = opened()
    sink.close()
    sink.close()
    assert logging.root.handlers == before


def test_every_form_of_a_failure_is_described(opened: Opener, path: Path) -> None:
    """Groups, exceptions as arguments and bare tuples give types only; days are written as days."""
    sink = opened()
    group = ExceptionGroup("Ada", [ValueError("Ada"), KeyError("Ada")])
    log.error("failed", exc_info=group, on=date(2026, 3, 1), state=Kind.PERSON)
    log.error("failed", exc_info=(None, None, None))
    logging.getLogger("x").error("failed: %(why)s", {"why": ValueError("Ada")})
    sink.close()
    first, second, third = lines(path)
    assert "Ada" not in path.read_text("ascii")
    assert [one["type"] for one in first["error"]["group"]] == ["ValueError", "KeyError"]
    assert (first["on"], first["state"], third["event"]) == ("2026-03-01", "PERSON", "failed: ValueError")
    assert "error" not in second


def test_a_full_queue_drops_and_counts(opened: Opener, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging never makes the caller wait."""
    monkeypatch.setattr("guardrails.pii.writer._MOST_WAITING", 2)
    gate = threading.Event()

    class Slow(Redactor):
        def load(self) -> None:
            gate.wait(10)
            super().load()

    sink = opened(Slow())
    for n in range(5):
        log.info("many", n=n)
    gate.set()
    sink.close()
    assert [line.get("n", line.get("count")) for line in lines(path)] == [0, 3, 1]


def test_a_full_disk_does_not_stop_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines that the disk refuses are counted, and the thread goes on."""
    file = Path("/dev/full").open("a", buffering=1, encoding="ascii")  # noqa: SIM115 - the writer closes it
    writer = Writer(file, shared, echo=True)
    writer.start()
    for n in range(3):
        writer.put(Line(at="now", level="info", logger="x", fields={"event": "seen", "n": n}))
    with contextlib.suppress(OSError):
        writer.close()
    assert [json.loads(line)["n"] for line in capsys.readouterr().err.splitlines() if '"n"' in line] == [0, 1, 2]


def test_what_redacting_says_is_not_logged(opened: Opener, path: Path) -> None:
    """A line written by the redaction of a line would never end."""

    class Talking(Redactor):
        def redact(self, *args: Any, **options: Any) -> Any:
            logging.getLogger("presidio").error("analyzing")
            return super().redact(*args, **options)

    sink = opened(Talking())
    log.info("seen")
    sink.close()
    assert [line["event"] for line in lines(path)] == ["seen"]
