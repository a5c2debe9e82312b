"""Macros: what operators send again and again, filled for one customer.

`{name}` is a variable; `{?late}…{/late}` is said in that exception only, `{!late}…{/late}` in every other case.
"""

import re
from collections.abc import Collection, Mapping

from kb.article import PLACEHOLDER, Article
from kb.errors import MacroUnfilledError

_BLOCK = re.compile(r"\{([?!])([a-z0-9_]+)\}(.*?)\{/\2\}", re.DOTALL)


def filled(macro: Article, values: Mapping[str, str], exceptions: Collection[str] = ()) -> str:
    """Return the macro's words, or raise what it still lacks; a value is never read as a placeholder."""
    if unknown := sorted(set(exceptions) - set(macro.exceptions)):
        raise MacroUnfilledError(macro.id, f"it knows no exception {unknown[0]}")

    def chosen(match: re.Match[str]) -> str:
        return match[3] if (match[2] in exceptions) == (match[1] == "?") else ""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise MacroUnfilledError(macro.id, f"{match[1]} is missing")
        return values[match[1]]

    words = "\n\n".join(section.text for section in macro.sections)
    return re.sub(r" {2,}", " ", PLACEHOLDER.sub(value, _BLOCK.sub(chosen, words))).strip()


def unpaired(text: str) -> list[str]:
    """Return the marks of exceptions that open without closing, or close without opening."""
    left = _BLOCK.sub(lambda match: match[3], text)
    return [mark for mark in PLACEHOLDER.findall(left) if mark[:1] in "?!/" and mark]
