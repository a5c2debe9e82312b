"""`firstcontact bench`: what things cost on this machine."""

from typing import Annotated

import typer
from rich.table import Table

from agent.cli.root import app, console, print_json, ready_settings, refuse


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which to run; all when left out.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print each figure as a line of JSON.")] = False,
) -> None:
    """Measure and print figures; nothing here passes or fails."""
    from agent.quality.bench import known

    benches, home = known(), ready_settings().home
    if unknown := sorted(set(names or ()) - set(benches)):
        raise refuse(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(benches)}.")
    table = Table("figure", "value", "unit", "measured on")
    for name in names or benches:
        with console.status(f"Measuring {name}…"):
            figures = benches[name](home)
        for figure in figures:
            table.add_row(figure.name, f"{figure.value:g}", figure.unit, figure.how)
            if as_json:
                print_json(figure.as_dict())
    if not as_json:
        from rich.console import Console  # stdout: this is the result

        Console().print(table)
