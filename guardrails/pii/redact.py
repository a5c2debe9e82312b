"""Text without personal values: order numbers and our own ids survive, everything found becomes a typed placeholder."""

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrails.pii.profile import Profile
from guardrails.pii.span import Folded, Kind, Span, fold, settle

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine
    from presidio_anonymizer import AnonymizerEngine

ORDER_PATTERN = r"\b1\d{3}\b"
#: Our own ids: receipt, ticket, conversation, customer and other records, log cursors, articles, UUIDs.
ID_PATTERNS = (
    r"\b[RT]-\d{1,9}\b",
    r"\b(?:cnv|cus|case|ofr|apr|vis|opr|ord|itm|sub|pay|inc|rcp|key)-[a-z0-9]{1,40}\b",
    r"\b\d{13}-\d{1,9}\b",
    r"\b(?:POL|ART|MAC)-[A-Z0-9-]{1,40}\b",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
)
_LEAST_SCORE = 0.4
_PATTERN_WEIGHT = 1.0
_TAG_WEIGHT = 0.5

#: A model that finds names and places; given by whoever owns one.
Tagger = Callable[[str], Sequence[Span]]


@dataclass(frozen=True)
class Redaction:
    """The masked text, and where in the original the masked values were."""

    text: str
    spans: tuple[Span, ...]


class Redactor:
    """Masks personal values; safe to share between threads."""

    def __init__(
        self, order_pattern: str = ORDER_PATTERN, id_patterns: Sequence[str] = ID_PATTERNS, tagger: Tagger | None = None
    ) -> None:
        self._ours = re.compile("|".join(f"(?:{pattern})" for pattern in (order_pattern, *id_patterns)))
        self._tagger = tagger
        # One at a time: neither spaCy's caches nor Presidio's lazy compiling promise to be safe, and it is all CPU.
        self._lock = threading.RLock()
        self._engines: tuple[AnalyzerEngine, AnonymizerEngine] | None = None

    def load(self) -> None:
        """Load Presidio once; takes seconds."""
        self._loaded()

    @property
    def ready(self) -> bool:
        """Whether the first text will not have to wait for Presidio."""
        return self._engines is not None

    def redact(self, text: str, profile: Profile | None = None, *, others: Iterable[Profile] = ()) -> Redaction:
        """Return the text with every value found replaced, the customers' own values included."""
        folded = fold(text)
        known = [*((profile,) if profile else ()), *others]
        with self._lock:
            analyzer, anonymizer = self._loaded()
            found = [span for one in known for span in one.spans(folded.text)]
            found += self._patterns(analyzer, folded.text)
        found += self._tags(folded.text)
        ours = [match.span() for match in self._ours.finditer(folded.text)]
        spans = self._settled(text, folded, [span for span in found if not _within(span, ours)])
        return Redaction(_mask(anonymizer, text, spans), spans)

    async def redact_async(
        self, text: str, profile: Profile | None = None, *, others: Iterable[Profile] = ()
    ) -> Redaction:
        """Redact in a thread: the work is CPU. The first call waits for Presidio without holding up a stop."""
        if not self.ready:
            # A daemon: the interpreter does not wait for an import of seconds when it is told to end.
            threading.Thread(target=self.load, name="presidio", daemon=True).start()
        while not self.ready:  # noqa: ASYNC110  # what ends the wait is a thread
            await asyncio.sleep(0.05)
        return await asyncio.to_thread(self.redact, text, profile, others=tuple(others))

    def _loaded(self) -> "tuple[AnalyzerEngine, AnonymizerEngine]":
        with self._lock:
            if self._engines is None:
                # Imported here: it takes 4 to 7 seconds, and most importers of this module never redact.
                with _without_torch():
                    from presidio_anonymizer import AnonymizerEngine  # noqa: PLC0415

                    from guardrails.pii.recognizers import build_analyzer  # noqa: PLC0415

                    self._engines = build_analyzer(), AnonymizerEngine()
            return self._engines

    def _patterns(self, analyzer: "AnalyzerEngine", text: str) -> list[Span]:
        results = analyzer.analyze(text, "en", score_threshold=_LEAST_SCORE)
        return [Span(one.start, one.end, Kind(one.entity_type), _PATTERN_WEIGHT + one.score) for one in results]

    def _tags(self, text: str) -> list[Span]:
        tagged = self._tagger(text) if self._tagger else ()
        return [Span(one.start, one.end, one.kind, _TAG_WEIGHT) for one in tagged]

    def _settled(self, text: str, folded: Folded, spans: list[Span]) -> tuple[Span, ...]:
        return settle(text, [folded.unfold(span) for span in spans])


@contextmanager
def _without_torch() -> Iterator[None]:
    """Let Presidio and spaCy find no torch: they would load it, for seconds, for recognizers that are not used here."""
    hidden = [name for name in ("torch", "transformers") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python marks a module that cannot be imported
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _within(span: Span, ours: list[tuple[int, int]]) -> bool:
    # Only what lies wholly inside an id survives: a card number that happens to hold an order number does not.
    return any(start <= span.start and span.end <= end for start, end in ours)


def _mask(anonymizer: "AnonymizerEngine", text: str, spans: tuple[Span, ...]) -> str:
    if not spans:
        return text
    from presidio_anonymizer.entities import OperatorConfig, RecognizerResult  # noqa: PLC0415 - loaded by then

    results = [RecognizerResult(span.kind.value, span.start, span.end, 1.0) for span in spans]
    placeholders = {kind.value: OperatorConfig("replace", {"new_value": f"<{kind}>"}) for kind in Kind}
    return str(anonymizer.anonymize(text, results, placeholders).text)
