"""Text without personal values: order numbers and our own ids survive, everything found becomes a typed placeholder."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guardrails.pii.asked import answers
from guardrails.pii.declared import ID_PATTERNS, ORDER_PATTERN, Declared
from guardrails.pii.engine import Engine, Tagging
from guardrails.pii.profile import Profile
from guardrails.pii.span import Folded, Span, fold, settle

_MOST_REMEMBERED = 256


@dataclass(frozen=True)
class Redaction:
    """The masked text, and where in the original the masked values were."""

    text: str
    spans: tuple[Span, ...]


class Redactor:
    """Masks personal values; safe to share between threads."""

    def __init__(
        self,
        order_pattern: str = ORDER_PATTERN,
        id_patterns: Sequence[str] = ID_PATTERNS,
        tagger: Tagging | None = None,
        engine: Engine | None = None,
        *,
        titles: Iterable[str] = (),
    ) -> None:
        self._patterns = (order_pattern, *id_patterns)
        self._declared = Declared(self._patterns, titles=titles)
        self._tagger = tagger
        self._engine = engine or Engine()
        # A turn redacts the same text for the model, the ticket and the archive; it is searched once.
        self._found = lru_cache(maxsize=_MOST_REMEMBERED)(self._find)

    def tagged(self, tagger: Tagging, *, titles: Iterable[str] = ()) -> "Redactor":
        """Return one that asks the tagger too, on the same engine: for text that is kept; log lines go without.

        `titles` are the company's own words, ids and titles of its articles, which are nobody's name.
        """
        return Redactor(self._patterns[0], self._patterns[1:], tagger, self._engine, titles=titles)

    def load(self) -> None:
        """Load Presidio once; takes seconds."""
        self._engine.load()

    @property
    def ready(self) -> bool:
        """Whether the first text will not have to wait for Presidio."""
        return self._engine.ready

    def redact(
        self, text: str, profile: Profile | None = None, *, question: str = "", others: Iterable[Profile] = ()
    ) -> Redaction:
        """Return the text with every value found replaced; `question` is what the text answers, if it does."""
        folded, found = self._found(text, question)
        known = [*((profile,) if profile else ()), *others]
        own = self._declared.spare(folded.text, [span for one in known for span in one.spans(folded.text)])
        spans = settle(text, [folded.unfold(span) for span in (*found, *own)])
        return Redaction(self._engine.mask(text, spans), spans)

    async def redact_async(
        self, text: str, profile: Profile | None = None, *, question: str = "", others: Iterable[Profile] = ()
    ) -> Redaction:
        """Redact in a thread: the work is CPU. The first call waits for Presidio without holding up a stop."""
        if not self.ready:
            # A daemon: the interpreter does not wait for an import of seconds when it is told to end.
            threading.Thread(target=self.load, name="presidio", daemon=True).start()
        while not self.ready:  # noqa: ASYNC110  # what ends the wait is a thread
            await asyncio.sleep(0.05)
        return await asyncio.to_thread(self.redact, text, profile, question=question, others=tuple(others))

    def _find(self, text: str, question: str) -> tuple[Folded, tuple[Span, ...]]:
        folded = fold(text)
        found = self._declared.spare(folded.text, self._engine.find(folded.text, self._tagger))
        return folded, (*found, *(answers(question, folded.text, found) if question else ()))
