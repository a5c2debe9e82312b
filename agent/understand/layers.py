"""The prompts: one file a layer, each rule with an id, each layer with a hash that goes into trace and audit."""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "prompts"
#: A prompt over 40 lines is a flow trying to get out.
MOST_LINES = 40
_RULE = re.compile(r"^- ([A-Z]\d+): ", re.MULTILINE)


@dataclass(frozen=True)
class Layer:
    """One prompt file."""

    name: str
    source: str

    @property
    def hash(self) -> str:
        """Return what identifies these exact words."""
        return sha256(self.source.encode()).hexdigest()[:12]

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the ids of its rules."""
        return tuple(_RULE.findall(self.source))

    @property
    def words(self) -> str:
        """Return what the model reads: the ids are for us, and cost tokens."""
        return _RULE.sub("- ", self.source)


@cache
def layer(name: str) -> Layer:
    """Return a layer; read once, so that a process speaks with one voice."""
    return Layer(name, (FOLDER / f"{name}.md").read_text("utf-8"))


def layers() -> tuple[Layer, ...]:
    """Return every layer there is."""
    return tuple(layer(path.stem) for path in sorted(FOLDER.glob("*.md")))


def prompt(*names: str, **values: str) -> tuple[str, dict[str, str]]:
    """Return the layers as one text with its values filled in, and each layer's hash."""
    chosen = [layer(name) for name in names]
    text = "".join(one.words for one in chosen)
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text.strip(), {one.name: one.hash for one in chosen}
