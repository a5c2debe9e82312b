"""The `firstcontact` command."""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from agent.settings import Settings, UnsafeSettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
kb_app = typer.Typer(no_args_is_help=True, help="Build and search the article index.")
app.add_typer(kb_app, name="kb")
console = Console(stderr=True)


def _settings() -> Settings:
    settings = Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    return settings


def _prepare(settings: Settings) -> None:
    from agent.prepare import prepare  # noqa: PLC0415  # the other commands start faster without

    with console.status("Preparing…") as status:
        asyncio.run(prepare(settings, now=datetime.now(UTC), progress=lambda line: status.update(f"{line}…")))


@app.command()
def serve(*, with_lab: Annotated[bool, typer.Option("--lab/--no-lab", help="Also run the lab.")] = True) -> None:
    """Run the server with shop, desk and widget, and the lab."""
    settings = _settings()
    try:
        settings.refuse_if_open()
    except UnsafeSettingsError as unsafe:
        console.print(str(unsafe))
        raise typer.Exit(2) from None
    console.print("First Contact is starting. The first start takes about a minute.")
    _prepare(settings)
    _serve(settings, with_lab=with_lab)


def _serve(settings: Settings, *, with_lab: bool) -> None:
    from contextlib import ExitStack  # noqa: PLC0415

    from agent.serve import lab, owned_redis  # noqa: PLC0415
    from agent.serve import serve as serve_app  # noqa: PLC0415
    from agent.server import create_app  # noqa: PLC0415
    from guardrails.pii.log import open_log  # noqa: PLC0415
    from guardrails.pii.redact import Redactor  # noqa: PLC0415

    redactor = Redactor()
    with ExitStack() as stack:
        stack.callback(open_log(settings.home / "firstcontact.log", redactor, echo=False).close)
        stack.enter_context(owned_redis(settings))
        if with_lab:
            stack.enter_context(lab(settings))
        shown = "localhost" if settings.on_loopback else settings.host
        console.print(f"Open http://{shown}:{settings.port} (stop with Ctrl-C; log: {settings.home}/firstcontact.log)")
        serve_app(create_app(settings, redactor=redactor), settings)
        console.print("Stopped.")


@app.command()
def prepare() -> None:
    """Make what the first start needs: model, index and demo shop."""
    _prepare(_settings())


@app.command()
def chat(
    *,
    script: Annotated[Path, typer.Option(help="JSONL: say, choose, wait or operator, one a line.")],
    customer: Annotated[str | None, typer.Option(help="Who is signed in; nobody when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as JSONL.")] = False,
) -> None:
    """Drive a conversation headless through the same log, and print what became of it."""
    from agent.script import ScriptError, run_script  # noqa: PLC0415

    settings = _settings()
    _prepare(settings)
    try:
        asyncio.run(run_script(settings, script, customer, print_line=_printer(as_json=as_json)))
    except ScriptError as wrong:
        console.print(str(wrong))
        raise typer.Exit(2) from None


def _printer(*, as_json: bool) -> Callable[[dict[str, Any]], None]:
    def print_line(line: dict[str, Any]) -> None:
        shown = json.dumps(line, ensure_ascii=False, default=str) if as_json else _plain(line)
        if shown:
            sys.stdout.write(shown + "\n")
            sys.stdout.flush()

    return print_line


def _plain(line: dict[str, Any]) -> str:
    said = line.get("text") or line.get("label") or line.get("title")
    return f"{line['kind']}: {said}" if said else ""


@kb_app.command("build")
def kb_build() -> None:
    """Build the article index."""
    from agent.bootstrap import ARTICLE_FOLDERS  # noqa: PLC0415
    from kb.encoder import Encoder, build_encoder  # noqa: PLC0415
    from kb.ingest import build_index  # noqa: PLC0415

    home = _settings().home
    with console.status("Building the index…"):
        build_encoder(home / "encoder", lambda _: None)
        count = asyncio.run(build_index(ARTICLE_FOLDERS, home / "index", Encoder(home / "encoder")))
    console.print(f"{count} passages indexed.")


@kb_app.command("search")
def kb_search(query: str, *, limit: int = 5) -> None:
    """Search the articles."""
    from kb.encoder import Encoder  # noqa: PLC0415
    from kb.search import Index  # noqa: PLC0415

    home = _settings().home
    found = asyncio.run(Index(home / "index", Encoder(home / "encoder")).search(query, on=date.today(), k=limit))
    sys.stdout.write(f"{found.verdict.value} ({found.confidence:.2f})\n")
    for hit in found.hits:
        sys.stdout.write(f"{hit.score:.2f}  {hit.article}  {hit.title}: {hit.heading}\n")
