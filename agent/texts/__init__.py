"""Customer-facing texts, one file per language; read again when a file changes."""

from functools import lru_cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=16)
def _load(language: str, _changed: float) -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text("utf-8"))
    return loaded


def text(key: str, *, language: str = "en", **params: str) -> str:
    """Return a text with its facts filled in; an unknown key or a missing fact is a broken program."""
    path = _FOLDER / f"{language}.yaml"
    return _load(language, path.stat().st_mtime)[key].format(**params)
