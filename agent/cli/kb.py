"""`firstcontact kb`: build and search the article index."""

import asyncio
import sys
from datetime import date

from agent.cli.root import console, kb, ready_settings


@kb.command("build")
def build() -> None:
    """Build the article index."""
    from agent.bootstrap import ARTICLE_FOLDERS
    from kb.encoder import Encoder, build_encoder
    from kb.ingest import build_index

    home = ready_settings().home
    with console.status("Building the index…"):
        build_encoder(home / "encoder", lambda _: None)
        count = asyncio.run(build_index(ARTICLE_FOLDERS, home / "index", Encoder(home / "encoder")))
    console.print(f"{count} passages indexed.")


@kb.command("search")
def search(query: str, *, limit: int = 5) -> None:
    """Search the articles."""
    from kb.encoder import Encoder
    from kb.search import Index

    home = ready_settings().home
    found = asyncio.run(Index(home / "index", Encoder(home / "encoder")).search(query, on=date.today(), k=limit))
    sys.stdout.write(f"{found.verdict.value} ({found.confidence:.2f})\n")
    for hit in found.hits:
        sys.stdout.write(f"{hit.score:.2f}  {hit.article}  {hit.title}: {hit.heading}\n")
