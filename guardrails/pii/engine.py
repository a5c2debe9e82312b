"""Presidio, loaded once and shared: what finds, and what replaces."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from guardrails.pii.span import SURE, Kind, Span

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine
    from presidio_anonymizer import AnonymizerEngine

LEAST_SCORE = 0.4

#: A model that finds names and places; given by whoever owns one. Its spans weigh less than SURE.
Tagging = Callable[[str], Sequence[Span]]


class Engine:
    """Safe to share between threads."""

    def __init__(self) -> None:
        # One at a time: neither spaCy's caches nor Presidio's lazy compiling promise to be safe, and it is all CPU.
        self._lock = threading.RLock()
        self._engines: tuple[AnalyzerEngine, AnonymizerEngine] | None = None

    @property
    def ready(self) -> bool:
        """Whether the first text will not have to wait."""
        return self._engines is not None

    def load(self) -> None:
        """Load Presidio once; takes seconds."""
        self._loaded()

    def find(self, text: str, tagger: Tagging | None) -> list[Span]:
        """Return what the patterns find, and what the tagger guesses."""
        with self._lock:
            analyzer, _ = self._loaded()
            from guardrails.pii.recognizers import TagRecognizer, is_guess  # noqa: PLC0415 - loaded by then

            guesses = [TagRecognizer(tagger)] if tagger else None
            results = analyzer.analyze(text, "en", score_threshold=LEAST_SCORE, ad_hoc_recognizers=guesses)
        return [
            Span(one.start, one.end, Kind(one.entity_type), one.score if is_guess(one) else SURE + one.score)
            for one in results
        ]

    def mask(self, text: str, spans: Sequence[Span]) -> str:
        """Return the text with a placeholder for each span."""
        if not spans:
            return text
        _, anonymizer = self._loaded()
        from presidio_anonymizer.entities import OperatorConfig, RecognizerResult  # noqa: PLC0415 - loaded by then

        results = [RecognizerResult(span.kind.value, span.start, span.end, 1.0) for span in spans]
        placeholders = {kind.value: OperatorConfig("replace", {"new_value": f"<{kind}>"}) for kind in Kind}
        return str(anonymizer.anonymize(text, results, placeholders).text)

    def _loaded(self) -> "tuple[AnalyzerEngine, AnonymizerEngine]":
        with self._lock:
            if self._engines is None:
                # Imported here: it takes 4 to 7 seconds, and most importers of this module never redact.
                with _without_torch():
                    from presidio_anonymizer import AnonymizerEngine  # noqa: PLC0415

                    from guardrails.pii.recognizers import build_analyzer  # noqa: PLC0415

                    self._engines = build_analyzer(), AnonymizerEngine()
            return self._engines


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
