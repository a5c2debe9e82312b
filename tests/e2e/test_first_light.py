"""The main job in a real browser: customers are served, operators take over, nothing is lost."""

import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from browser import Served, Widget, chromium
from PIL import Image
from playwright.async_api import Browser, Page

from agent import embedded_redis
from agent.testing import free_port


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        if opened is None:
            pytest.skip("No Chromium is installed, so the browser tests do not run.")
        yield opened


@pytest.fixture
async def served(tmp_path: Path, prepared: Path) -> AsyncIterator[Served]:
    home = tmp_path / "served"
    home.mkdir()
    for part in ("encoder", "heads", "index"):
        (home / part).symlink_to(prepared / part)
    running = Served(home, free_port())
    await running.start()
    yield running
    assert await running.stop() == 0
    assert embedded_redis.running(home / "redis") is None


def rows(served: Served, database: str, query: str) -> list[tuple[object, ...]]:
    """Read a database of the running server."""
    with sqlite3.connect(served.home / database) as connection:
        return connection.execute(query).fetchall()


async def at_desk(page: Page, served: Served) -> Page:
    """Open the desk and sign in as Sam."""
    await page.goto(f"{served.url}/desk")
    await page.get_by_role("button", name=re.compile("Sam Rivera")).click()
    await page.get_by_role("button", name="Sign out").wait_for()
    return page


async def test_four_turns_end_in_one_refund_and_a_documented_ticket(browser: Browser, served: Served) -> None:
    """Question, status, refund with confirmation, thanks: the shop has one refund, the ticket says why."""
    widget = await Widget.open(await browser.new_page(), served.url, "cus-0001")
    await widget.says("How long can I return things?")
    await widget.sees("30 days")
    await widget.says("Where is order 1051?")
    await widget.sees("Order 1051")
    await widget.says("I want a refund for the blue mug from order 1043, it arrived broken")
    await widget.presses("Refund $18.00")
    await widget.sees("Your receipt is")
    await widget.says("thanks")
    await widget.sees("You're welcome")
    assert len(rows(served, "larkspur.db", "select * from refunds where order_id = '1043'")) == 1
    query = "select t.code, t.tags, n.visibility, n.body from tickets t join ticket_notes n on n.ticket = t.number"
    notes = [row for row in rows(served, "firstcontact.db", query) if row[0] == "refunded"]
    assert {row[2] for row in notes} == {"internal", "customer"}
    assert any("POL-REFUND" in str(row[3]) for row in notes)
    assert all("refund" in str(row[1]) for row in notes)


async def test_a_large_refund_is_with_a_person_within_a_second(browser: Browser, served: Served) -> None:
    """The handoff appears at the desk, the person is heard, the agent is silent until the release, then answers."""
    desk = await at_desk(await (await browser.new_context()).new_page(), served)
    widget = await Widget.open(await (await browser.new_context()).new_page(), served.url, "cus-0002")
    await widget.says("I want my money back for the cedar patio set, order 1060. It is damaged")
    await widget.presses("Ask for $640.00")
    await widget.sees("bringing in a colleague")
    await desk.get_by_role("button", name=re.compile("VIP")).wait_for(timeout=5000)
    await desk.get_by_role("button", name=re.compile("VIP")).click()
    await desk.keyboard.press("c")
    await widget.sees("Sam Rivera")
    await desk.get_by_role("button", name=re.compile("^approve", re.I)).first.click()
    await widget.sees("R-20")
    await desk.get_by_role("textbox").last.fill("I have approved it. Anything else?")
    await desk.keyboard.press("Control+Enter")
    await widget.sees("I have approved it")
    await desk.get_by_role("button", name=re.compile("release", re.I)).first.click()
    await widget.sees("left")
    await widget.says("where is order 1060?")
    await widget.sees("was delivered")
    assert len(rows(served, "larkspur.db", "select * from refunds where order_id = '1060'")) == 1


async def test_a_reload_and_a_restart_keep_the_pending_confirmation(browser: Browser, served: Served) -> None:
    """Nothing is lost or doubled, and the old card still does what it says."""
    page = await browser.new_page()
    widget = await Widget.open(page, served.url, "cus-0001")
    await widget.says("I want a refund for the blue mug from order 1043, it arrived broken")
    await widget.sees("Not now")
    await served.stop(how=signal.SIGKILL)
    await served.start()
    await page.reload()
    await widget.opened()
    await widget.sees("Not now")
    assert await widget.root.get_by_text("it arrived broken").count() == 1
    await widget.presses("Refund $18.00")
    await widget.sees("Your receipt is")
    assert len(rows(served, "larkspur.db", "select * from refunds where order_id = '1043'")) == 1


async def test_a_visitor_is_known_by_a_code_from_the_mailbox(browser: Browser, served: Served) -> None:
    """An anonymous visitor proves an address by the code that was mailed to it, and is told about the order."""
    widget = await Widget.open(await browser.new_page(), served.url, None)
    await widget.says("where is order 1070?")
    await widget.sees("e-mail address")
    (email,) = rows(served, "larkspur.db", "select email from customers where id = 'cus-0004'")[0]
    await widget.says(str(email))
    await widget.sees("6-digit code is on its way")
    mailbox = await browser.new_page()
    await mailbox.goto(f"{served.url}/mailbox")
    subject = await mailbox.get_by_text(re.compile(r"\d{6} is your")).first.inner_text()
    code = re.search(r"\d{6}", subject)
    assert code
    field = widget.root.locator("input[autocomplete=one-time-code]")
    await field.fill(code.group())
    await field.press("Enter")
    await widget.sees("Order 1070")
    assert await widget.root.get_by_text(code.group()).count() == 0


async def test_a_photo_is_attached_and_saved_at_the_desk(browser: Browser, served: Served, tmp_path: Path) -> None:
    """The customer sees its name and that it came; the operator saves a picture made anew."""
    photo = tmp_path / "my mug.png"
    Image.new("RGB", (60, 40), "blue").save(photo)
    widget = await Widget.open(await (await browser.new_context()).new_page(), served.url, "cus-0001")
    await widget.says("I want to talk to a person")
    await widget.sees("Passed to a person")
    await widget.root.locator("input[type=file]").set_input_files(photo)
    await widget.sees("my mug.png")
    await widget.sees("Received")
    desk = await at_desk(await (await browser.new_context()).new_page(), served)
    await desk.get_by_role("button", name=re.compile("person", re.IGNORECASE)).first.click()
    async with desk.expect_download() as saving:
        await desk.get_by_role("link", name="my mug.png").click()
    saved = await (await saving.value).path()
    with Image.open(saved) as kept:
        assert kept.size == (60, 40)
    await widget.root.locator("input[type=file]").set_input_files(
        {"name": "page.html", "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"}
    )
    await widget.sees("We can take pictures")
