"""The index of what customers may read: sections found by meaning and by words."""

import asyncio
from datetime import date
from pathlib import Path

from kb.confidence import SearchResult, SearchVerdict, judged
from kb.encoder import Encoder
from kb.lance import LanceShelf
from kb.passage import Hit, Passage, Reader
from kb.ranking import Asked, Ranked, ranked
from kb.shelf import Shelf
from kb.synonyms import in_their_words

__all__ = ["Hit", "Index", "Passage", "Reader", "SearchResult", "SearchVerdict"]

#: Characters of a message that are searched for; the encoder reads no more either.
_LONGEST = 2000


class Index:
    """Searches the passages at `path`, or of another shelf; a rebuilt index is seen by the next search."""

    def __init__(self, path: Path, encoder: Encoder, shelf: Shelf | None = None) -> None:
        self._encoder = encoder
        self._shelf: Shelf = shelf or LanceShelf(path)

    async def search(self, query: str, *, on: date, k: int = 5, reader: Reader | None = None) -> SearchResult:
        """Return the sections in force on the date that fit best, and whether the first one answers."""
        return judged((await self.ranked(query, reader or Reader(on=on)))[:k])

    async def nearest(self, query: str, *, on: date, k: int = 5) -> tuple[Hit, ...]:
        """Return the sections in force on the date that fit the query best, however badly."""
        return tuple(one.hit for one in await self.ranked(query, Reader(on=on)))[:k]

    async def ranked(self, query: str, reader: Reader) -> list[Ranked]:
        """Return the candidates for this reader, the best first, with the signs that put them there."""
        lexicon = await self._shelf.lexicon()
        words = in_their_words(query[:_LONGEST], lexicon)
        asked = Asked.of(words, await asyncio.to_thread(self._encoder.read, words))
        candidates = await self._shelf.candidates(asked.reading.vector, asked.stems, reader)
        return await asyncio.to_thread(ranked, asked, candidates, lexicon)
