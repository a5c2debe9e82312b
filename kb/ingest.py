"""Articles → passages: what customers may read, one passage a section, each with the dates it is in force."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from kb.article import Article, Audience, load_articles
from kb.encoder import Encoder
from kb.lance import LanceShelf, only_writer
from kb.passage import Passage
from kb.shelf import Progress, Row, Shelf
from kb.study import content_key, study


async def build_index(folder_of_articles: Sequence[Path], index: Path, encoder: Encoder) -> int:
    """Write the articles of these folders into the index, replacing what it held, and return how many passages."""
    articles = [article for folder in folder_of_articles for article in load_articles(folder)]
    passages = tuple(customer_passages(articles))
    await write_index(passages, index, encoder)
    return len(passages)


async def write_index(
    passages: Sequence[Passage], index: Path, encoder: Encoder, progress: Progress | None = None
) -> int:
    """Make these the passages of the index, one writer at a time, and return how many had to be read anew."""
    async with only_writer(index):
        return await write_passages(passages, LanceShelf(index), encoder, progress)


async def write_passages(
    passages: Sequence[Passage], shelf: Shelf, encoder: Encoder, progress: Progress | None = None
) -> int:
    """Make these the passages of a shelf; only new words are read, and readers keep the old ones until all is there."""
    known = dict(await shelf.studies())
    keys = [content_key(passage) for passage in passages]
    new = {key: passage for key, passage in zip(keys, passages, strict=True) if key not in known}
    for done, (key, passage) in enumerate(new.items(), start=1):
        known[key] = await asyncio.to_thread(study, passage, encoder)
        if progress:
            progress(done, len(new))
    rows: list[Row] = [(key, passage, known[key]) for key, passage in zip(keys, passages, strict=True)]
    await shelf.replace(rows)
    return len(new)


def customer_passages(articles: Iterable[Article]) -> Iterable[Passage]:
    """Yield the sections of the articles that customers may read."""
    by_id = sorted(articles, key=lambda article: (article.id, article.effective))
    for _, versions in groupby(by_id, key=lambda article: article.id):
        known = tuple(versions)
        ends = (*(later.effective for later in known[1:]), date.max)
        for article, until in zip(known, ends, strict=True):
            if article.audience is Audience.CUSTOMERS:
                yield from _passages(article, until)


def _passages(article: Article, until: date) -> Iterable[Passage]:
    # Rules are left behind here: the index holds prose only, and prose cannot hold an internal rule.
    for section in article.sections:
        yield Passage(
            article=article.id,
            title=article.title,
            kind=article.kind,
            effective=article.effective,
            until=until,
            reviewed=article.reviewed,
            url=article.url,
            channels=article.channel,
            regions=article.region,
            plans=article.plan,
            heading=section.heading,
            text=section.text,
        )
