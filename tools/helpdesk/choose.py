"""Which helpdesk: a file in this folder that opens one; adding a vendor edits nothing here."""

from importlib import import_module
from pathlib import Path

import httpx
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.helpdesk.base import Helpdesk


class HelpdeskUnsetError(Exception):
    """HELPDESK names no helpdesk we have, or its settings are missing."""


def vendors() -> tuple[str, ...]:
    """Return the helpdesks there are."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(file.stem for file in files if "\ndef open_helpdesk(" in file.read_text())


def choose(name: str, engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None = None) -> Helpdesk:
    """Open the helpdesk of this name from its own settings."""
    if name not in vendors():
        raise HelpdeskUnsetError(f"HELPDESK is one of {', '.join(vendors())}.")
    module = import_module(f"{__package__}.{name}")
    try:
        helpdesk: Helpdesk = module.open_helpdesk(engine, transport)
    except ValidationError as missing:
        prefix = module.Settings.model_config["env_prefix"]
        names = ", ".join(f"{prefix}{error['loc'][0]}".upper() for error in missing.errors())
        raise HelpdeskUnsetError(f"HELPDESK={name} also needs {names}.") from None
    return helpdesk
