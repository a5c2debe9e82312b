"""Articles → passages: what customers may read, one passage a section, each with the dates it is in force."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from kb.article import Article, Audience, load_articles
from kb.encoder import Encoder
from kb.search import Passage, write_passages


async def build_index(folder_of_articles: Sequence[Path], index: Path, encoder: Encoder) -> int:
    """Write the articles of these folders into the index, replacing what it held, and return how many passages."""
    articles = [article for folder in folder_of_articles for article in load_articles(folder)]
    passages = tuple(customer_passages(articles))
    await write_passages(passages, index, encoder)
    return len(passages)


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
            heading=section.heading,
            text=section.text,
        )
