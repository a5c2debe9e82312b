"""What customers say, by what they mean: one file a meaning in `agent/flows/examples`, one example a line."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "flows" / "examples"


def load(folder: Path = FOLDER) -> dict[str, tuple[str, ...]]:
    """Return the examples of every meaning; blank lines and lines that begin with # are left out."""
    return {path.stem: tuple(_lines(path)) for path in sorted(folder.glob("*.txt"))}


def prototypes(meanings: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return phrases that say what each meaning is about: a description where there is one, else its name."""
    described = _descriptions()
    return {one: described.get(one, (one.replace("_", " ").replace("-", " ").lower(),)) for one in meanings}


@cache
def _descriptions() -> dict[str, tuple[str, ...]]:
    rows = (line.split(": ", 1) for line in _lines(Path(__file__).parent / "descriptions.txt"))
    return {label: tuple(phrase.strip() for phrase in phrases.split(";")) for label, phrases in rows}


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
