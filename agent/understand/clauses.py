"""Where one message holds several requests: its clauses, as places in the text."""

import re

#: Ends of sentences, and the words that join two requests.
_BREAK = re.compile(
    r"(?<=[.!?;])\s+|\n+|\s[-–—]+\s|"
    r",?\s+(?:and\s+then|and\s+also|and\s+can|and\s+could|and\s+where|and\s+when|and\s+how|and\s+what|and\s+please|"
    r"but\s+also|as\s+well\s+as|plus|also|then|oh\s+and|and)\b|,\s+(?=(?:where|when|how|what|can|could|please|i)\b)",
    re.I,
)
_LEADING = re.compile(r"[\s,.;:!?–—-]*(?:(?:and|also|then|plus|but|oh)\b[\s,]*)*", re.I)
#: A clause of fewer words says nothing by itself.
_FEWEST = 3
#: More clauses than this are not looked at one by one.
_MOST = 8


def clauses(text: str) -> list[tuple[int, int]]:
    """Return start and end of each clause that could be a request of its own, in order; one is the whole text."""
    starts = [0]
    for found in _BREAK.finditer(text):
        joined = re.match(r",?\s+and\s+", found.group(), re.I)
        starts.append(found.start() + (len(joined.group()) if joined else 0))
    parts = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        leading = _LEADING.match(text[start:end])
        begins = start + (leading.end() if leading else 0)
        if len(text[begins:end].split()) >= _FEWEST:
            parts.append((begins, end))
    return parts[:_MOST] if len(parts) > 1 else [(0, len(text))]
