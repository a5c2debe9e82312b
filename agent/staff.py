"""Who may sign in at the desk and the lab: a file of the company's, in the demo three made-up people."""

import tomllib
from functools import cache
from pathlib import Path

from agent.takeover import Operator


@cache
def staff() -> tuple[Operator, ...]:
    """Return the support staff."""
    table = tomllib.loads(Path(__file__).with_name("staff.toml").read_text("utf-8"))
    return tuple(Operator(id=name, name=row["name"], role=row["role"]) for name, row in table.items())
