"""The `firstcontact` command: one file a command or family of commands; adding one edits nothing here."""

from importlib import import_module
from pkgutil import iter_modules

from agent.cli.root import app

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["app"]
