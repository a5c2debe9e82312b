"""The lab in a real browser: the product team sees why, an operator can take over, and nobody else gets in."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from browser import ROOT, chromium
from playwright.async_api import Browser, Locator, Page, expect

from agent import embedded_redis
from agent.bootstrap import Company, joined
from agent.settings import Settings
from agent.staff import staff
from agent.store import Cursor
from agent.testing import free_port
from guardrails.pii.redact import Redactor


class LabRun:
    """A running `chainlit run app.py`."""

    def __init__(self, home: Path, process: asyncio.subprocess.Process, port: int) -> None:
        self.home = home
        self.process = process
        self.port = port
        self.url = f"http://localhost:{port}"

    @classmethod
    async def start(cls, home: Path, **environment: str) -> "LabRun":
        """Start it on a data folder and wait until it answers."""
        port = free_port()
        command = [sys.executable, "-m", "chainlit", "run", "app.py", "--headless", "--port", str(port)]
        variables = {**os.environ, "FIRSTCONTACT_HOME": str(home), **environment}
        with (home / "lab.out").open("ab") as out:
            process = await asyncio.create_subprocess_exec(*command, env=variables, cwd=ROOT, stdout=out, stderr=out)
        run = cls(home, process, port)
        async with httpx.AsyncClient() as client:
            for _ in range(600):
                try:
                    if (await client.get(f"{run.url}/health")).status_code == 200:
                        return run
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        raise AssertionError((home / "lab.out").read_text())

    async def stop(self) -> None:
        """Stop it as `serve` does."""
        self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 10)


class Wire:
    """A line between browser and lab that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._ends: set[asyncio.StreamWriter] = set()
        self.cut = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends |= {writer, far_writer}
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[str]:
        """Give the address of the near end."""
        port = free_port()
        async with await asyncio.start_server(self._carry, "127.0.0.1", port):
            yield f"http://localhost:{port}"
            self.break_off()

    def break_off(self) -> None:
        """Cut the line; what was on its way is lost."""
        self.cut = True
        for end in self._ends:
            end.close()
        self._ends.clear()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        if opened is None:
            pytest.skip("No Chromium is installed, so the browser tests do not run.")
        yield opened


@pytest.fixture
def own_redis(home: Path) -> Iterator[Path]:
    embedded_redis.start(home / "redis")
    yield home
    embedded_redis.stop(home / "redis")


@pytest.fixture
async def lab(own_redis: Path) -> AsyncIterator[LabRun]:
    run = await LabRun.start(own_redis)
    yield run
    await run.stop()


@pytest.fixture
async def desk(lab: LabRun, redactor: Redactor) -> AsyncIterator[Company]:
    """The same company, joined by another process: where the operators are."""
    async with joined(Settings(firstcontact_home=lab.home), redactor=redactor) as company:
        yield company


async def opened(browser: Browser, url: str) -> Page:
    """Open the lab as Maya, who is picked when nobody is."""
    page = await browser.new_page()
    await page.goto(url)
    await page.locator("#chat-input").wait_for()
    return page


async def says(page: Page, words: str) -> None:
    box = page.locator("#chat-input")
    await box.click()
    await page.keyboard.type(words)
    # Unlike the Enter key, a click waits until the page is connected and the last message is taken.
    await page.locator("#chat-submit").click()


def steps(page: Page) -> Locator:
    return page.locator("ol li")


async def test_an_answer_stands_below_the_steps_that_led_to_it(browser: Browser, lab: LabRun) -> None:
    """Order status as Maya: the order is told, and above it are understanding, flow and action, in this order."""
    page = await opened(browser, lab.url)
    await says(page, "Where is my order 1051?")
    await page.get_by_text("Order 1051 (").wait_for()
    rooms = [line.split()[0] for line in await steps(page).all_inner_texts()]
    assert rooms[0] == "understood"
    assert {"flow", "action"} <= set(rooms)
    why, answer = await steps(page).last.bounding_box(), await page.get_by_text("Order 1051 (").bounding_box()
    assert why
    assert answer
    assert why["y"] < answer["y"]


async def test_a_button_is_good_for_one_press(browser: Browser, lab: LabRun, desk: Company) -> None:
    """A confirmed refund is in the shop once, its receipt is shown, and its buttons are gone."""
    page = await opened(browser, lab.url)
    await says(page, "I want a refund for the blue mug from order 1043, it arrived broken")
    await page.get_by_role("button", name="Refund $18.00").click()
    await page.get_by_text("Your receipt is").wait_for()
    await expect(page.get_by_role("button", name="Refund $18.00")).to_have_count(0)
    assert len(await desk.systems.billing.refunds("cus-0001", "1043")) == 1  # type: ignore[arg-type]


async def test_an_operator_takes_a_lab_conversation_over_live(browser: Browser, lab: LabRun, desk: Company) -> None:
    """Handed off in the lab, claimed at the desk: the operator's words arrive with their name."""
    page = await opened(browser, lab.url)
    await says(page, "I want to talk to a person")
    await page.get_by_text("Handed off").wait_for()
    (conversation,) = await desk.app.parts.store.open_rows()
    sam = staff()[0]
    await desk.app.takeover.claim(conversation, sam)
    seen = (await desk.app.parts.store.load(conversation)).seq
    await desk.app.takeover.say(conversation, sam, "Note:hello ![x](http://localhost:1/x)", seen=Cursor("", seen))
    await page.get_by_text("Note:hello").wait_for()
    assert await page.get_by_text(sam.name, exact=True).count() == 1
    assert await page.locator(".message-content img").count() == 0


async def test_a_dropped_connection_loses_nothing(browser: Browser, lab: LabRun, desk: Company) -> None:
    """What happens while the page is away is there when it comes back, once."""
    wire = Wire(lab.port)
    async with wire.laid() as url:
        page = await opened(browser, url)
        await says(page, "I want to talk to a person")
        await page.get_by_text("Handed off").wait_for()
        (conversation,) = await desk.app.parts.store.open_rows()
        wire.break_off()
        await asyncio.sleep(1)
        await desk.app.takeover.claim(conversation, staff()[0])
        await asyncio.sleep(1)
        wire.cut = False
        await page.get_by_text("joined from the desk").wait_for()
        assert await page.get_by_text("Handed off").count() == 1
        await page.close()


async def test_what_went_wrong_is_not_told_to_the_browser(browser: Browser, lab: LabRun) -> None:
    """With Redis gone the lab says one calm sentence; no error text, no path."""
    page = await opened(browser, lab.url)
    await says(page, "Where is my order 1051?")
    await page.get_by_text("Order 1051 (").wait_for()
    embedded_redis.stop(lab.home / "redis")
    await says(page, "And 1043?")
    await page.get_by_text("That didn't work").wait_for()
    shown = await page.inner_text("body")
    assert "redis" not in shown.lower()
    assert "Error" not in shown


async def test_no_other_page_may_talk_to_the_lab(lab: LabRun) -> None:
    """A foreign origin and a foreign host name are refused; a log line holds nothing the customer wrote."""
    async with httpx.AsyncClient() as client:
        assert (await client.get(lab.url, headers={"Origin": "http://evil.example"})).status_code == 403
        assert (await client.get(lab.url, headers={"Host": "evil.example"})).status_code == 403
        own = await client.get(lab.url, headers={"Origin": lab.url})
    assert own.status_code == 200
    assert "frame-ancestors 'none'" in own.headers["content-security-policy"]


async def test_beyond_the_demo_only_staff_get_in(own_redis: Path) -> None:
    """With a staff password set, the lab wants an operator and that password."""
    run = await LabRun.start(own_redis, STAFF_PASSWORD="correct horse", CHAINLIT_AUTH_SECRET="x" * 32)
    async with httpx.AsyncClient(base_url=run.url) as client:
        for name, password, status in (
            ("op-sam", "wrong", 401), ("op-nobody", "correct horse", 401), ("op-sam", "correct horse", 200),
        ):  # fmt: skip
            answer = await client.post("/login", data={"username": name, "password": password})
            assert answer.status_code == status
    await run.stop()
