"""`firstcontact serve` and `prepare`."""

from contextlib import ExitStack
from typing import Annotated

import typer

from agent.cli.root import app, console, prepare_all, ready_settings, refuse
from agent.settings import Settings, UnsafeSettingsError


@app.command()
def serve(*, with_lab: Annotated[bool, typer.Option("--lab/--no-lab", help="Also run the lab.")] = True) -> None:
    """Run the server with shop, desk and widget, and the lab."""
    settings = ready_settings()
    try:
        settings.refuse_if_open()
    except UnsafeSettingsError as unsafe:
        raise refuse(str(unsafe)) from None
    console.print("First Contact is starting. The first start takes about a minute.")
    prepare_all(settings)
    _serve(settings, with_lab=with_lab)


def _serve(settings: Settings, *, with_lab: bool) -> None:
    from agent.serve import lab, owned_redis
    from agent.serve import serve as serve_app
    from agent.server import create_app
    from guardrails.pii.log import open_log
    from guardrails.pii.redact import Redactor

    redactor = Redactor(settings.order_pattern)
    with ExitStack() as stack:
        stack.callback(open_log(settings.home / "firstcontact.log", redactor, echo=False).close)
        stack.enter_context(owned_redis(settings))
        begin_end = stack.enter_context(lab(settings)) if with_lab else lambda: None
        shown = "localhost" if settings.on_loopback else settings.host
        console.print(f"Open http://{shown}:{settings.port}", soft_wrap=True)
        if with_lab:
            console.print(f"Lab  http://{shown}:{settings.lab_port}", soft_wrap=True)
        console.print(f"Log  {settings.home}/firstcontact.log\nStop with Ctrl-C.", soft_wrap=True)
        serve_app(create_app(settings, redactor=redactor), settings, on_stop=begin_end)
        console.print("Stopped.")


@app.command()
def prepare() -> None:
    """Make what the first start needs: model, index and demo shop."""
    prepare_all(ready_settings())
