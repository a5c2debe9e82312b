"""One ticket type a file; `FLOWS` finds them, so adding one edits nothing here."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from agent.flow import Flow


@cache
def flows() -> dict[str, Flow]:
    """Return every ticket type by name."""
    found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    declared = [module.FLOW for module in found if hasattr(module, "FLOW")]
    return {flow.ticket_type: flow for flow in sorted(declared, key=lambda flow: flow.ticket_type)}
