"""Five hundred planted values go through chats, actions, failures, tickets and restarts; none comes out anywhere."""

import io
import random
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agent.archive import Line
from agent.bootstrap import Company, joined
from agent.events import HandedOff, PacketFiled
from agent.settings import Settings
from agent.testing import NOW, Chat
from guardrails.pii.log import open_log
from guardrails.pii.redact import Redactor
from guardrails.uploads import Clean, Media
from tools.approvals import Approval, ApprovalState
from tools.systems.base import Systems

COUNTS = {"email": 100, "phone": 90, "card": 70, "iban": 30, "ssn": 30, "name": 80, "address": 60, "secret": 40}
TALK = {
    "email": "you can also write to {} if you like",
    "phone": "or call me at {} after six",
    "card": "I paid with the card {}",
    "iban": "the money may go to {}",
    "ssn": "my social security number is {}",
    "name": "my neighbour {} has seen it",
    "address": "it should have gone to {}",
    "secret": "the password is {}",
}
FIRST = ["Odalys", "Thaddeus", "Bronwyn", "Caspian", "Ximena", "Leopold", "Saoirse", "Ignatius", "Philippa", "Anselm"]
LAST = ["Quenneville", "Abernathy", "Castellanos", "Drummond", "Okonkwo", "Vanterpool", "Zielinski", "Haverford"]
STREETS = ["Bramblewood", "Larchmont", "Penhallow", "Quillfeather", "Sycamore", "Thistledown"]
TOWNS = ["Fernley", "Oakhurst", "Brightwater"]


@dataclass(frozen=True)
class Canary:
    """One planted value."""

    kind: str
    value: str


def canaries() -> list[Canary]:
    """Return the five hundred, mixed, the same in every run."""
    dice = random.Random(41)  # noqa: S311 - not a secret
    made = [Canary(kind, _make(dice, kind, n)) for kind, count in COUNTS.items() for n in range(count)]
    dice.shuffle(made)
    assert len({one.value for one in made}) == 500
    return made


def _make(dice: random.Random, kind: str, n: int) -> str:
    first, last = FIRST[n % len(FIRST)], LAST[n // len(FIRST) % len(LAST)]
    match kind:
        case "email":
            return f"{first}.{last}{n}@{dice.choice(('mailbox', 'post', 'webmail'))}.example".lower()
        case "phone":
            return f"+1 {(212, 415, 503, 617, 312)[n % 5]} 555 01{n // 5:02}" if n % 2 else _phone(n)
        case "card":
            return _card(dice, (" ", "-", "")[n % 3])
        case "iban":
            return _iban(dice)
        case "ssn":
            return f"{dice.randint(100, 665)}-{dice.randint(10, 99)}-{dice.randint(1000, 9999)}"
        case "name":
            return f"{first} {last}"
        case "address":
            return f"{100 + n} {dice.choice(STREETS)} Road, {dice.choice(TOWNS)}"
    return f"{dice.choice(STREETS).lower()}{dice.choice('!?#%')}{dice.randint(1000, 9999)}{dice.choice(TOWNS)}"


def _phone(n: int) -> str:
    return f"({(206, 303, 404)[n % 3]}) 555-01{n:02}"


def _card(dice: random.Random, gap: str) -> str:
    digits = [4, *(dice.randint(0, 9) for _ in range(14))]
    doubled = [digit if place % 2 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits)]
    digits.append(-sum(doubled) % 10)
    return gap.join("".join(map(str, digits[place : place + 4])) for place in range(0, 16, 4))


def _iban(dice: random.Random) -> str:
    account = "".join(str(dice.randint(0, 9)) for _ in range(18))
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02}{account}"


class _Talkative:
    """A system of record whose failure quotes whatever it was told to."""

    def __init__(self, quote: str) -> None:
        self._quote = quote

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} failed for {self._quote}")


@dataclass
class Remains:
    """What a campaign has left behind."""

    raw: dict[str, bytes]
    archive: str
    packets: str
    tickets: str
    #: The open logs themselves, for the proof that something was planted.
    logs: str


async def talk(company: Company, planted: list[Canary], number: int) -> Chat:
    """Have one conversation that plants twenty values: in words, an operator's words, a file's name, a mail."""
    chat = await Chat.open(company, f"cus-000{number % 6 + 1}" if number % 4 else None)
    for place in range(0, 15, 5):
        some = planted[place : place + 5]
        ask = ("where is my order?", "I want my money back", "how long can I return things?")[place // 5]
        await chat.says(f"{ask} {'. '.join(TALK[one.kind].format(one.value) for one in some)}"[:1900])
    await chat.says("I want to talk to a person. " + TALK[planted[15].kind].format(planted[15].value))
    await company.app.takeover.claim(chat.id, chat.operator)
    await chat.operator_says(TALK[planted[16].kind].format(planted[16].value))
    await company.app.takeover.note(chat.id, chat.operator, TALK[planted[17].kind].format(planted[17].value))
    await company.stores.attachments.put(chat.id, chat.id, f"{planted[18].value}.png", Clean(Media.PNG, b"pixels"))
    await _ask(chat, planted[19].value)
    return chat


async def _ask(chat: Chat, value: str) -> None:
    customer = (await chat.state()).customer or "anonymous"
    approval = Approval(
        id=f"apr-{chat.id}", conversation=chat.id, customer=customer, case=f"{chat.id}.1", ticket_type="refund",
        action="change_address", args={"to": value}, title=f"Send it to {value}", facts=(("To", value),),
        on=date(2026, 1, 1), state=ApprovalState.WAITING,
    )  # fmt: skip
    await chat.parts.approvals.ask(approval)
    await chat.parts.records.mail(f"m/{chat.id}", to="a@b.example", subject=value, body=value, customer=customer)


async def broken(settings: Settings, redactor: Redactor, quotes: list[str]) -> list[Chat]:
    """Have conversations with systems whose failures quote values."""
    chats = []
    for quote in quotes:

        def wrap(systems: Systems, quote: str = quote) -> Systems:
            return replace(systems, orders=_Talkative(quote), billing=_Talkative(quote))

        async with joined(settings, clock=lambda: NOW, redactor=redactor, wrap=wrap) as company:
            chats.append(await Chat.open(company, "cus-0001"))
            await chats[-1].says("where is order 1051?")
    return chats


@pytest.fixture(scope="module")
def planted() -> list[Canary]:
    return canaries()


async def campaign(
    settings: Settings, redis: Redis, redactor: Redactor, planted: list[Canary], terminal: io.StringIO
) -> Remains:
    """Plant everything, with a restart after every fifth conversation, and collect what is left behind."""
    await redis.config_set("rdbcompression", "no")
    sink = open_log(settings.home / "firstcontact.log", redactor, echo=True)
    groups = [planted[place : place + 20] for place in range(0, 500, 20)]
    chats: list[str] = []
    for first in range(0, len(groups), 5):
        async with joined(settings, clock=lambda: NOW, redactor=redactor) as company:
            chats += [(await talk(company, groups[number], number)).id for number in range(first, first + 5)]
    await broken(settings, redactor, [" ".join(one.value for one in planted[n : n + 100]) for n in range(0, 500, 100)])
    async with joined(settings, clock=lambda: NOW, redactor=redactor) as company:
        await company.keeper.round(datetime.now(UTC) + timedelta(hours=2))
        opened = await _opened(company, chats)
        raw = {path.name: path.read_bytes() for path in _files(settings.home)}
    sink.close()
    raw |= {f"{path.name} closed": path.read_bytes() for path in _files(settings.home)}
    raw["redis"] = b"".join([key + (await redis.dump(key) or b"") async for key in redis.scan_iter("*")])
    raw["terminal"] = terminal.getvalue().encode()
    return Remains(raw, *opened)


def _files(home: Path) -> list[Path]:
    return [*home.glob("firstcontact*"), *home.glob("uploads/*")]


async def _opened(company: Company, chats: Iterable[str]) -> tuple[str, str, str, str]:
    """Return archive, packets and tickets as whoever may open them reads them."""
    archived: list[Line] = []
    packets: list[str] = []
    tickets: list[str] = []
    logs: list[str] = []
    for name in chats:
        chat = Chat(company, name)
        archived += await company.stores.archive.lines(name)
        packets += [str(one.packet) for one in await chat.parts.store.read_staff(name) if isinstance(one, PacketFiled)]
        packets += [str(one.summary) for one in await chat.log() if isinstance(one, HandedOff)]
        logs.append(f"{await chat.log()} {await chat.parts.store.read_staff(name)}")
        tickets += [note.body for ticket in await chat.tickets() for note in ticket.notes]
    return str(archived), str(packets), str(tickets), str(logs)


@pytest.fixture(scope="module")
def furnished(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the campaign, with the shop as seeded."""
    home = tmp_path_factory.mktemp("canaries")
    for part in ("encoder", "heads", "index"):
        (home / part).symlink_to(prepared / part)
    for file in prepared.glob("larkspur.db*"):
        shutil.copy(file, home / file.name)
    return home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def left(
    planted: list[Canary], redactor: Redactor, redis_folder: Path, furnished: Path
) -> AsyncIterator[Remains]:
    """Make the campaign once for all tests of this file."""
    terminal = io.StringIO()
    settings = Settings(firstcontact_home=furnished, redis_url=f"unix://{redis_folder / 'redis.sock'}")
    async with Redis(unix_socket_path=str(redis_folder / "redis.sock")) as redis:
        await redis.flushall()
        with redirect_stdout(terminal), redirect_stderr(terminal):
            yield await campaign(settings, redis, redactor, planted, terminal)


def found(raw: bytes, planted: list[Canary]) -> list[str]:
    """Return the values that stand in some bytes, in any case, as UTF-8 or escaped as JSON."""
    lowered = raw.lower()
    return [one.value for one in planted if one.value.lower().encode() in lowered]


def test_the_values_were_really_there(left: Remains, planted: list[Canary]) -> None:
    """Nine of ten went through the open log; the rest through names of files, approvals and mails."""
    assert len(found(left.logs.encode(), planted)) >= 450


@pytest.mark.parametrize("kind", COUNTS)
def test_no_planted_value_lies_in_any_sink(left: Remains, planted: list[Canary], kind: str) -> None:
    """Log, terminal, SQL with its journal, Redis, files: of no kind, found by pattern or not."""
    assert {"firstcontact.db", "firstcontact.log closed", "redis", "terminal"} <= set(left.raw)
    assert b'"event": "turn"' in left.raw["firstcontact.log closed"]
    assert b"turn_broken" in left.raw["firstcontact.log closed"]
    of_kind = [one for one in planted if one.kind == kind]
    assert {name: found(raw, of_kind) for name, raw in left.raw.items() if found(raw, of_kind)} == {}


@pytest.mark.parametrize("kind", COUNTS)
@pytest.mark.parametrize("text", ["archive", "packets", "tickets"])
def test_who_opens_a_record_reads_placeholders(left: Remains, planted: list[Canary], kind: str, text: str) -> None:
    """Archive, packet and ticket hold what was said without the values in it."""
    opened: str = getattr(left, text)
    assert len(opened) > 500
    assert found(opened.encode(), [one for one in planted if one.kind == kind]) == []
