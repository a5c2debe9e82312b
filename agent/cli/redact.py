"""`firstcontact redact`: text in, text without personal values out."""

import sys
from typing import Annotated

import typer

from agent.cli.root import app, json_lines, print_json, ready_settings


@app.command()
def redact(
    *,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read {"text", "question"?} and print {"text", "spans"} lines.')
    ] = False,
    declared: Annotated[
        str | None, typer.Option(help="The company's order and receipt numbers, as one regular expression; they stay.")
    ] = None,
) -> None:
    """Mask what is personal in the text on standard input; spans are places in the text that came in."""
    from agent.bootstrap import full_redactor
    from agent.quality.pii_scores import TYPES

    redactor = full_redactor(ready_settings(), declared)
    if not jsonl:
        for line in sys.stdin:
            sys.stdout.write(redactor.redact(line.rstrip("\n")).text + "\n")
        return
    for row in json_lines(sys.stdin):
        found = redactor.redact(str(row.get("text", "")), question=str(row.get("question") or ""))
        spans = [{"start": span.start, "end": span.end, "type": TYPES[span.kind]} for span in found.spans]
        print_json({"text": found.text, "spans": spans})
