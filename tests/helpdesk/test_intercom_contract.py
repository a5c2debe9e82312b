"""Intercom's own OpenAPI description (2.14), served by prism: our calls are in it, and it refuses what it forbids."""

import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from desks import MAYA, note, ticket
from intercom_stub import ENVIRONMENT
from shared import shared
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.testing import free_port
from tools.helpdesk.base import Helpdesk, TicketStatus, Visibility
from tools.helpdesk.choose import choose
from tools.helpdesk.errors import RefusedError

INTERNAL, CUSTOMER = Visibility.INTERNAL, Visibility.CUSTOMER
_PRISM = "@stoplight/prism-cli@5.16.0"


def _command() -> list[str]:
    """Return how prism starts here: installed, or by npx where its cache has it."""
    if found := os.environ.get("PRISM") or shutil.which("prism"):
        return [found]
    if shutil.which("npx") is None:
        pytest.skip("prism needs Node; set PRISM to an installed @stoplight/prism-cli, or install npx")
    return ["npx", "--yes", _PRISM]


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    description = shared("contracts/intercom-2.14.yaml")
    port = free_port()
    log = tmp_path_factory.mktemp("prism") / "prism.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*_command(), "mock", "-p", str(port), "--errors", str(description)],
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)
            process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/ticket_states", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
        if process.poll() is not None:
            break
    said = log.read_text()
    if "npm error" in said or "ENOTFOUND" in said or process.poll() is not None:
        pytest.skip("prism could not be installed here")
    raise RuntimeError(said)


@pytest.fixture
async def intercom(prism: str, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Helpdesk]:
    for name, value in (ENVIRONMENT | {"INTERCOM_URL": prism}).items():
        monkeypatch.setenv(name, value)
    desk = choose("intercom", engine)
    yield desk
    await desk.aclose()


async def test_every_call_of_ours_is_in_the_description(intercom: Helpdesk) -> None:
    """Create, note, comment, read and search are answered as documented, and we can read the answers."""
    made = await intercom.create(ticket(), opening=CUSTOMER)
    await intercom.add(made.id, note("n", INTERNAL, "internal"), visibility=INTERNAL)
    await intercom.add(made.id, note("m", CUSTOMER, "for you"), visibility=CUSTOMER)
    record = await intercom.read(made.id)
    # The mock makes up a new example each time: what counts is that it is read as one.
    assert record.id
    assert record.number
    assert await intercom.marks(made.id) == frozenset()
    assert await intercom.find("cnv-1.2.0")
    mine = await intercom.of_customer("cus-0001", MAYA, since=datetime.now(UTC) - timedelta(days=90))
    assert isinstance(mine, tuple)


async def test_state_and_tags_are_set_as_described(intercom: Helpdesk) -> None:
    """The state comes from the ticket type's own list, and tags have their own calls."""
    made = await intercom.create(ticket(), opening=CUSTOMER)
    for status in TicketStatus:
        try:
            await intercom.update(made.id, ticket(status=status, code="refunded"))
        except RefusedError as refused:
            # The description's example type does not have every state.
            assert str(refused) == f"no_state_for_{status.value}"  # noqa: PT017


async def test_the_description_refuses_what_it_forbids(prism: str) -> None:
    """The mock is no yes-man: a ticket without its type, and a reply without an admin, are refused."""
    headers = {"Authorization": "Bearer t", "Intercom-Version": "2.14"}
    async with httpx.AsyncClient(base_url=prism, headers=headers) as client:
        typeless = await client.post("/tickets", json={"contacts": [{"email": "a@x.test"}]})
        nobody = await client.post("/tickets/1/reply", json={"message_type": "note", "type": "admin", "body": "x"})
    assert typeless.status_code == 422
    assert nobody.status_code in (400, 422)
