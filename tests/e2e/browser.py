"""A real browser and a real `firstcontact serve`, for the end-to-end tests."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from playwright.async_api import Browser, Error, Locator, Page, async_playwright

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser | None]:
    """Open the system's Chromium, or Playwright's own; None where there is neither."""
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        except Error:
            yield None
            return
        yield browser
        await browser.close()


class Served:
    """A running `firstcontact serve` on a data folder of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://localhost:{port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start and wait until it answers."""
        environment = {**os.environ, "FIRSTCONTACT_HOME": str(self.home), "PORT": str(self.port), "LEASE_SECONDS": "2"}
        command = [sys.executable, "-c", "from agent.cli import app; app()", "serve", "--no-lab"]
        with (self.home / "serve.out").open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *command, env=environment, cwd=ROOT, stdout=out, stderr=out
            )
        async with httpx.AsyncClient() as client:
            for _ in range(600):
                try:
                    if (await client.get(f"{self.url}/healthz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        raise AssertionError((self.home / "serve.out").read_text())

    async def stop(self, *, how: int = signal.SIGINT, within: float = 15) -> int:
        """Stop it and return its exit code; it must not take longer than it promises."""
        if self._process is None:
            raise AssertionError("It was never started.")
        self._process.send_signal(how)
        try:
            return await asyncio.wait_for(self._process.wait(), within)
        finally:
            if self._process.returncode is None:
                self._process.kill()


class Widget:
    """The chat on a shop page, used as a customer uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root: Locator = page.locator("support-chat")

    @classmethod
    async def open(cls, page: Page, url: str, customer: str | None) -> "Widget":
        """Open the shop as a customer and the chat in its corner."""
        await page.goto(f"{url}/shop")
        if customer:
            await page.locator(f"option[value={customer}]").wait_for(state="attached")
            await page.locator("select").first.select_option(customer)
        widget = cls(page)
        await widget.opened()
        return widget

    async def opened(self) -> None:
        """Open the panel unless the page remembers it open."""
        box = self.root.locator("textarea")
        await self.root.get_by_role("button").first.wait_for()
        if not await box.is_visible():
            await self.root.get_by_role("button").first.click()
        await box.wait_for()

    async def says(self, words: str) -> None:
        """Type and send."""
        box = self.root.locator("textarea")
        await box.fill(words)
        await box.press("Enter")

    async def sees(self, words: str, seconds: float = 15) -> None:
        """Wait until the words are to be seen."""
        await self.root.get_by_text(words).last.wait_for(timeout=seconds * 1000)

    async def presses(self, name: str) -> None:
        """Press a button by its name."""
        await self.root.get_by_role("button", name=name).last.click()
