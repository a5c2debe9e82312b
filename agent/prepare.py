"""What must exist before the first start: the shop, the encoder, the article index, the intent head."""

from collections.abc import Callable
from datetime import datetime

from agent.bootstrap import ARTICLE_FOLDERS
from agent.settings import Settings
from agent.understand.embedded import EmbeddedUnderstand
from guardrails.database import open_engine
from kb.encoder import Encoder, build_encoder
from kb.ingest import build_index
from tools.systems.seed import seed

Progress = Callable[[str], None]


async def prepare(settings: Settings, *, now: datetime, progress: Progress) -> None:
    """Make what is missing; what is there already is left as it is."""
    settings.home.mkdir(parents=True, exist_ok=True)
    progress("Checking the language model")
    build_encoder(settings.home / "encoder", progress)
    encoder = Encoder(settings.home / "encoder")
    progress("Learning what customers say")
    EmbeddedUnderstand(encoder, settings.home / "heads").prepare()
    progress("Indexing the articles")
    await build_index(ARTICLE_FOLDERS, settings.home / "index", encoder)
    if settings.shop_api_url:
        return
    progress("Opening the demo shop")
    shop = open_engine(settings.shop_write_database_url or settings.shop_url)
    try:
        await seed(shop, now=now)
    finally:
        await shop.dispose()
