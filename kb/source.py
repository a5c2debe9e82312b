"""Passages from elsewhere: a file of JSON lines, or the folder of a help-centre export in Markdown or HTML."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.errors import PassagesUnreadableError
from kb.passage import Passage

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*\n", re.DOTALL)
_HEADING = re.compile(r"^(#{1,3})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_UNSAID = frozenset({"script", "style", "nav", "footer", "head", "noscript", "template"})
_BREAKS = frozenset({"p", "div", "li", "br", "tr", "section", "article", "ul", "ol", "table", "blockquote", "pre"})
_SUFFIXES = {".md", ".markdown", ".html", ".htm"}


class _Line(BaseModel):
    """One line of the file; other fields are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    title: str = ""
    text: str = Field(min_length=1)


def read_passages(source: Path) -> list[Passage]:
    """Read the passages of a JSONL file or of an export's folder, or raise what is wrong with the first bad one."""
    if source.is_dir():
        found = [
            one for path in sorted(source.rglob("*")) if path.suffix in _SUFFIXES for one in _sections(path, source)
        ]
    else:
        found = list(_lines(source))
    if not found:
        raise PassagesUnreadableError(str(source), "it holds no passage")
    return found


def _lines(path: Path) -> Iterator[Passage]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _passage(line, f"{path}:{number}")


def _passage(line: str, where: str) -> Passage:
    try:
        known = _Line.model_validate(json.loads(line))
    except (ValueError, ValidationError) as error:
        raise PassagesUnreadableError(where, "each line is an object with id, title and text") from error
    return Passage(article=known.id, title=known.title, text=known.text)


def _sections(path: Path, root: Path) -> Iterator[Passage]:
    """Yield the sections of one exported page; the page's id is its path."""
    try:
        written = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PassagesUnreadableError(str(path), "it is not written in UTF-8") from error
    markdown = _as_markdown(written) if path.suffix.startswith(".htm") else written
    front = _FRONT.match(markdown)
    titled = _TITLE.search(front[1]) if front else None
    before, *rest = _HEADING.split(markdown[front.end() :] if front else markdown)
    title = titled[1].strip("'\"") if titled else ""
    page = path.relative_to(root).with_suffix("").as_posix()
    found = [("", before), *((heading, text) for heading, text in zip(rest[1::3], rest[2::3], strict=True))]
    if not title and rest and rest[0] == "#":
        title = rest[1]
    for heading, text in found:
        if text.strip():
            about = title or path.stem.replace("-", " ").replace("_", " ")
            yield Passage(article=page, title=about, heading="" if heading == title else heading, text=text.strip())


def _as_markdown(html: str) -> str:
    page = _Page()
    page.feed(html)
    page.close()
    return re.sub(r"\n\s*\n+", "\n\n", "".join(page.written)).strip()


class _Page(HTMLParser):
    """What a page says: headings as Markdown, list items on lines of their own, nothing of its machinery."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        if tag in _UNSAID:
            self._unsaid += 1
        elif tag in ("h1", "h2", "h3"):
            self.written.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag in _BREAKS:
            self.written.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        if tag in _UNSAID:
            self._unsaid = max(0, self._unsaid - 1)
        elif tag in ("h1", "h2", "h3") or tag in _BREAKS:
            self.written.append("\n")

    def handle_data(self, data: str) -> None:
        """Take the text between tags."""
        if not self._unsaid:
            self.written.append(re.sub(r"\s+", " ", data))
