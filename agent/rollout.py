"""The mode of each ticket type, from one table; a type without a row is off."""

import tomllib
from pathlib import Path

from tools.action import Mode


class Rollout:
    """Reads `rollout.toml` once; `set` is for tests and the lab."""

    def __init__(self, path: Path | None = None) -> None:
        table = tomllib.loads((path or Path(__file__).with_name("rollout.toml")).read_text("utf-8"))
        self._modes = {ticket_type: Mode(row["mode"]) for ticket_type, row in table.items()}

    def mode(self, ticket_type: str) -> Mode:
        """Return the mode of a ticket type."""
        return self._modes.get(ticket_type, Mode.OFF)

    def set(self, ticket_type: str, mode: Mode) -> None:
        """Change the mode of a ticket type in this process."""
        self._modes[ticket_type] = mode
