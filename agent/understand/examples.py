"""What customers say, by what they mean: one file a meaning in `agent/flows/examples`, one example a line."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "flows" / "examples"


def load(folder: Path = FOLDER) -> dict[str, tuple[str, ...]]:
    """Return the examples of every meaning; blank lines and lines that begin with # are left out."""
    return {path.stem: tuple(_lines(path)) for path in sorted(folder.glob("*.txt"))}


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
