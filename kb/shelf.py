"""The port to a store of passages: it finds candidates by meaning and by words; ranking them is not its affair."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kb.encoder import Vector
from kb.lexicon import Lexicon
from kb.passage import Passage, Reader
from kb.ranking import Candidate
from kb.study import Study

#: Passages that each of the two searches brings.
CANDIDATES = 50
#: From this many passages on, a scan of every vector takes longer than an index.
INDEXED_FROM = 20_000

#: Studies of the passages given, in their order, or by content key where one is known already.
Studies = Mapping[str, Study]
Row = tuple[str, Passage, Study]  # content key, passage, study
Progress = Callable[[int, int], None]  # done, of


class Shelf(Protocol):
    """A store of passages. Readers see the last complete version, from the next search on."""

    async def lexicon(self) -> Lexicon:
        """Return the words of the last version."""
        ...

    async def candidates(self, vector: Vector, stems: Sequence[str], reader: Reader) -> Sequence[Candidate]:
        """Return the passages for this reader that are nearest by vector or share stems, each once."""
        ...

    async def studies(self) -> Studies:
        """Return what the last version knows, by content key; nothing where there is no version yet."""
        ...

    async def replace(self, rows: Sequence[Row]) -> None:
        """Make these the passages, in one step for readers."""
        ...
