"""Notes as HTML, for the helpdesks whose notes are HTML, and back."""

import html
import re

import nh3

_BREAK = re.compile(r"<br\s*/?>|</p>|</div>", re.I)


def to_html(text: str) -> str:
    """Return plain text as HTML that shows exactly it."""
    return html.escape(text).replace("\n", "<br>")


def from_html(markup: str) -> str:
    """Return the text of somebody's HTML; nothing of it is markup any more."""
    broken = _BREAK.sub("\n", markup)
    return html.unescape(nh3.clean(broken, tags=set(), attributes={})).strip()
