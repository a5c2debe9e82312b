"""Text for a page: Markdown rendered here, sanitized, with no images and safe links only."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).disable("image")
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "code"}


def to_html(words: str) -> str:
    """Return sanitized HTML of agent's or operator's words."""
    return nh3.clean(
        _MARKDOWN.render(words), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}
    )
