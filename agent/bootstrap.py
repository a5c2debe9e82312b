"""The composition root: the one place where parts are made and joined."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.answers import Answers
from agent.app_state import App
from agent.archive import Archive
from agent.attachments import Attachments
from agent.demo import Demo, Mailbox
from agent.handoff import Records
from agent.hosting import hosted_model, with_model
from agent.parts import Parts
from agent.retention import Keeper, Stores
from agent.rollout import Rollout
from agent.settings import Settings
from agent.shelf import Shelf
from agent.store import Store
from agent.sweeper import Sweeper
from agent.systems import open_systems
from agent.takeover import Takeover
from agent.understand.embedded import EmbeddedUnderstand
from agent.understand.hosted import HostedModel
from agent.wakes import Wakes
from guardrails.audit import Audit
from guardrails.codes import Codes
from guardrails.database import create_all, open_engine
from guardrails.identity import Tokens
from guardrails.limits import Limits
from guardrails.pii.redact import Redactor
from guardrails.pii.tagger import Tagger
from guardrails.sealing import Cipher, Sealer
from kb.article import Article, load_articles
from kb.encoder import Encoder, build_encoder
from kb.policy import Policies
from kb.search import Index
from tools.approvals import Approvals
from tools.call import Checkpoint, no_checkpoint
from tools.helpdesk.base import Helpdesk
from tools.helpdesk.choose import choose
from tools.helpdesk.outbox import Kind, Outbox
from tools.helpdesk.tickets import Tickets
from tools.ledger import Ledger
from tools.mail import smtp
from tools.retention import Records as Kept
from tools.run import Door
from tools.systems.base import Systems

KB = Path(__file__).parents[1] / "kb"
ARTICLE_FOLDERS = [KB / "policies", KB / "articles"]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Company:
    """A joined company: what channels, command line, lab and tests drive."""

    app: App
    outbox: Outbox
    systems: Systems
    shop: AsyncEngine
    engine: AsyncEngine
    redis: Redis
    mailbox: Mailbox
    keeper: Keeper
    stores: Stores
    sealer: Sealer


def redis_client(settings: Settings) -> Redis:
    """Return the client of the set Redis, or of the embedded one."""
    if settings.redis_url:
        return Redis.from_url(settings.redis_url)
    return Redis(unix_socket_path=str(settings.redis_socket))


@asynccontextmanager
async def joined(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    checkpoint: Checkpoint = no_checkpoint,
    redactor: Redactor | None = None,
    wrap: Callable[[Systems], Systems] = lambda systems: systems,
) -> AsyncIterator[Company]:
    """Make a company's parts from settings; `wrap` lets the lab and tests put faults around the systems of record."""
    settings.refuse_if_open()
    async with AsyncExitStack() as stack:
        redis = redis_client(settings)
        stack.push_async_callback(redis.aclose)
        engine, shop = open_engine(settings.sql_url), open_engine(settings.shop_url)
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(shop.dispose)
        # Before the tables are made: a helpdesk may bring its own.
        helpdesk = choose(settings.helpdesk, engine)
        stack.push_async_callback(helpdesk.aclose)
        await create_all(engine)
        mailbox = Mailbox()
        host, port = await _smtp(settings, mailbox, stack)
        systems = wrap(await stack.enter_async_context(open_systems(settings, shop, clock)))
        model = hosted_model(settings) if settings.model else None
        if model:
            stack.push_async_callback(model.aclose)
        yield _join(
            settings,
            clock,
            checkpoint,
            redactor or Redactor(settings.order_pattern),
            _Stores(redis, engine, shop, systems, helpdesk, mailbox, host, port, model),
        )


@dataclass(frozen=True)
class _Stores:
    redis: Redis
    engine: AsyncEngine
    shop: AsyncEngine
    systems: Systems
    helpdesk: Helpdesk
    mailbox: Mailbox
    smtp_host: str
    smtp_port: int
    model: HostedModel | None


async def _smtp(settings: Settings, mailbox: Mailbox, stack: AsyncExitStack) -> tuple[str, int]:
    if settings.smtp_host:
        return settings.smtp_host, settings.smtp_port
    server = await mailbox.listen()
    stack.callback(server.close)
    return "127.0.0.1", int(server.sockets[0].getsockname()[1])


def _join(settings: Settings, clock: Clock, checkpoint: Checkpoint, redactor: Redactor, stores: _Stores) -> Company:
    keys = settings.keys()
    engine, redis = stores.engine, stores.redis
    sealer = Sealer(engine, keys.seal)
    audit = Audit(engine, clock)
    attachments = Attachments(engine, sealer, settings.home / "uploads", clock)
    tickets = Tickets(stores.helpdesk, engine, open_file=attachments.as_file)
    mail = smtp(stores.smtp_host, stores.smtp_port, settings.mail_sender)
    store = Store(redis, Cipher(keys.seal), clock, retention_seconds=settings.retention_seconds)
    news = Answers(store, tickets).bring
    outbox = Outbox(engine, sealer, {Kind.TICKET: tickets.deliver, Kind.MAIL: mail, Kind.NEWS: news})
    ledger = Ledger(engine, sealer, clock, settings.claim_seconds)
    encoder = Encoder(settings.home / "encoder")
    # Kept text goes through the tag head too; log lines hold ids and counts, and have the plain one.
    redactor = redactor.tagged(Tagger(encoder.read), titles=_titles())
    parts = Parts(
        store=store,
        door=Door(replace(stores.systems, history=tickets), ledger, audit, clock=clock, checkpoint=checkpoint),
        understand=EmbeddedUnderstand(encoder, settings.home / "heads"),
        index=Index(settings.home / "index", encoder),
        policies=Policies(KB / "policies"),
        records=Records(redactor, outbox, tickets.links, attachments, clock),
        approvals=Approvals(engine, sealer, clock),
        audit=audit,
        codes=Codes(redis, keys.session.encode()),
        rollout=Rollout(),
        clock=clock,
        company=settings.company,
        lease_seconds=settings.lease_seconds,
    )
    kept = Stores(
        shelf=Shelf(parts.store, settings.retention_seconds),
        archive=Archive(engine, sealer, redactor, clock),
        attachments=attachments,
        records=Kept(engine, parts.approvals),
        logs=settings.home,
        memory=stores.mailbox.forget,
    )
    if stores.model:
        parts = with_model(parts, stores.model, settings, redis, redactor)
    app = App(
        settings=settings,
        parts=parts,
        tokens=Tokens(keys.site, keys.session),
        limits=Limits(redis),
        sweeper=Sweeper(parts, settings.sweep_seconds),
        wakes=Wakes(redis),
        takeover=Takeover(parts),
        helpdesk=tickets,
        attachments=kept.attachments,
        outbox=outbox,
        origins=settings.origins(),
        demo=Demo(stores.shop, stores.mailbox) if settings.demo else None,
    )
    return Company(
        app=app,
        outbox=outbox,
        systems=stores.systems,
        shop=stores.shop,
        engine=engine,
        redis=redis,
        mailbox=stores.mailbox,
        keeper=Keeper(parts, kept, settings.retention),
        stores=kept,
        sealer=sealer,
    )


def full_redactor(settings: Settings, declared: str | None = None) -> Redactor:
    """Return the redactor of text that is kept, for commands; `declared` stands in for the order pattern."""
    folder = settings.home / "encoder"
    build_encoder(folder, lambda _: None)
    return Redactor(declared or settings.order_pattern).tagged(Tagger(Encoder(folder).read), titles=_titles())


def _titles() -> list[str]:
    return [words for article in articles() for words in (article.id, article.title)]


def articles() -> tuple[Article, ...]:
    """Return every article and policy of the company."""
    return tuple(article for folder in ARTICLE_FOLDERS for article in load_articles(folder))
