"""`firstcontact audit`: show why things went as they did, and prove that nobody has changed the record since."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from agent.cli.root import app, print_json, ready_settings, refuse

if TYPE_CHECKING:
    from guardrails.audit import Audit, AuditRow

T = TypeVar("T")
audit = typer.Typer(no_args_is_help=True, help="Read and check the audit trail.")
app.add_typer(audit, name="audit")
_AsJson = Annotated[bool, typer.Option("--json", help="Print each row as a line of JSON.")]


@audit.command("show")
def show(conversation: str, *, as_json: _AsJson = False) -> None:
    """Print a conversation's rows: passages, gates, fields read, steps with their reasons."""
    rows = asyncio.run(_with_trail(lambda trail: trail.rows(conversation)))
    if not rows:
        raise refuse("There is no such conversation in the audit trail.")
    for row in rows:
        if as_json:
            head = {"conversation": row.conversation, "seq": row.seq, "at": row.at, "event": row.event.value}
            print_json({**head, "fields": row.fields, "hash": row.hash})
        else:
            sys.stdout.write(_lines(row))


@audit.command("verify")
def verify(*, as_json: _AsJson = False) -> None:
    """Check every row against its chain and its root; a broken one is named, and the exit code is 1."""
    rows, broken = asyncio.run(_with_trail(_verified))
    if as_json:
        print_json({"rows": rows, "broken": broken})
    elif broken:
        sys.stdout.write("".join(f"broken: {name}\n" for name in broken))
    else:
        sys.stdout.write(f"{rows} rows, all as they were written.\n")
    if broken:
        raise typer.Exit(1)


async def _verified(trail: "Audit") -> tuple[int, list[str]]:
    return await trail.count(), await trail.verify()


async def _with_trail(read: "Callable[[Audit], Awaitable[T]]") -> T:
    from guardrails.audit import Audit
    from guardrails.database import create_all, open_engine

    engine = open_engine(ready_settings().sql_url)
    try:
        await create_all(engine)
        return await read(Audit(engine, lambda: datetime.now(UTC)))
    finally:
        await engine.dispose()


def _lines(row: "AuditRow") -> str:
    """Return a row as a person reads it: a head line, then one line a field, lists below one another."""
    written = f"{row.at:%Y-%m-%d %H:%M:%S}  {row.conversation}/{row.seq}  {row.event.value}\n"
    for name, value in row.fields.items():
        values = value if isinstance(value, tuple) else (value,)
        written += f"    {name:<10} {values[0] if values else ''}\n"
        written += "".join(f"    {'':<10} {one}\n" for one in values[1:])
    return written
