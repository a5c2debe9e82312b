"""Typed placeholders for what a hosted model must not see: `<PERSON_1>` out, the value back in."""

import re
from collections.abc import Mapping, Sequence

from guardrails.pii.span import Span, fold

#: What goes out in the place of a value.
PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]*)_(\d{1,4})>")
# An address that something may follow: a value put into it would leave with the request.
_ADDRESS = re.compile(r"\w+://|\b(?:mailto|tel|sms|data|javascript):|\bwww\.|\w\.[a-z]{2,}(?:\b|/)|\]\(", re.IGNORECASE)
_FENCE = re.compile(r"`+")
_LONGEST_WORD = 2000


class Vault:
    """One conversation's values by placeholder; the same value always has the same placeholder."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        self._names = {_alike(name, value): name for name, value in self._values.items()}

    @property
    def values(self) -> dict[str, str]:
        """Return the values by placeholder, for keeping."""
        return dict(self._values)

    def mask(self, text: str, spans: Sequence[Span]) -> str:
        """Return the text with each span's value replaced; a placeholder that the text itself spells means nothing."""
        masked, end = [], 0
        for span in spans:
            value = text[span.start : span.end]
            masked += [spelt(text[end : span.start]), self._name(span.kind.value, value)]
            end = span.end
        return "".join([*masked, spelt(text[end:])])

    def unmask(self, text: str) -> str:
        """Return the text with the values back in their places, but not in addresses of the web or in code."""
        back = Unmasking(self)
        return back.feed(text) + back.close()

    def value(self, placeholder: str) -> str | None:
        """Return the value behind a placeholder, or None where it is not one of ours."""
        return self._values.get(placeholder)

    def _name(self, kind: str, value: str) -> str:
        alike = _alike(f"<{kind}_0>", value)
        if alike not in self._names:
            number = 1 + sum(name.startswith(f"<{kind}_") for name in self._values)
            self._names[alike] = f"<{kind}_{number}>"
            self._values[self._names[alike]] = value
        return self._names[alike]


class Unmasking:
    """Puts values back into a text that comes in pieces, wherever the pieces are cut."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._word = ""
        #: The run of backticks that closes the code we are in; empty outside of code.
        self._code = ""

    def feed(self, piece: str) -> str:
        """Return what is certain by now: every word that has ended."""
        *words, self._word = re.split(r"(?<=\s)", self._word + piece)
        if len(self._word) > _LONGEST_WORD:
            words, self._word = [*words, self._word], ""
        return "".join(self._back(word) for word in words)

    def close(self) -> str:
        """Return the rest."""
        word, self._word = self._word, ""
        return self._back(word)

    def _back(self, word: str) -> str:
        address = _ADDRESS.search(PLACEHOLDER.sub("x", word)) is not None
        parts, end = [], 0
        for fence in _FENCE.finditer(word):
            parts += [self._part(word[end : fence.start()], address=address), fence.group()]
            self._code = self._toggled(fence.group())
            end = fence.end()
        return "".join([*parts, self._part(word[end:], address=address)])

    def _toggled(self, fence: str) -> str:
        if not self._code:
            return fence
        return "" if fence == self._code else self._code

    def _part(self, part: str, *, address: bool) -> str:
        if address or self._code:
            return part
        return PLACEHOLDER.sub(lambda found: self._vault.value(found.group()) or found.group(), part)


def _alike(name: str, value: str) -> tuple[str, str]:
    kind = name.strip("<>").rpartition("_")[0]
    return kind, " ".join(fold(value).text.casefold().split())


def spelt(text: str) -> str:
    """Return a text whose own spellings of placeholders are none any more."""
    return PLACEHOLDER.sub(lambda found: "‹" + found.group()[1:-1] + "›", text)
