"""A model rewords what was composed, sentence by sentence; whatever it does not say faithfully is said as composed."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.metered import Metered
from agent.model import Message, ModelCall
from agent.reply import Said
from agent.understand.layers import prompt
from agent.wording import Skeleton, sentences, skeleton
from guardrails.outbound import Claim, Sentence, check
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.rewording import check_rewording
from guardrails.verdict import Denied

_LINE = re.compile(r"\s*(\d{1,3})\|\s?(.*?)\s*")
_END = "end"
_LONGEST_LINE = 2000


@dataclass(frozen=True)
class Phrased:
    """The sentences to say, and how it went: a trace line of counts and codes."""

    said: list[Said]
    call: ModelCall | None = None
    line: str = ""


@dataclass
class _Lines:
    """The model's lines as they come; only one that has ended counts, and only the first of its number."""

    left: str = ""
    lines: dict[int, str] = field(default_factory=dict)
    ended: bool = False

    def take(self, piece: str) -> None:
        *whole, self.left = (self.left + piece).split("\n")
        for line in whole:
            self._line(line)
        if self.left.strip() == _END:
            self.ended = True

    def _line(self, line: str) -> None:
        if line.strip() == _END:
            self.ended = True
        elif not self.ended and len(line) <= _LONGEST_LINE and (found := _LINE.fullmatch(line)):
            self.lines.setdefault(int(found.group(1)), found.group(2))


@dataclass(frozen=True)
class Phrasing:
    """Rewords replies with a hosted model that sees sentences without their facts."""

    metered: Metered
    redactor: Redactor

    async def __call__(self, said: Sequence[Said], profile: Profile | None) -> Phrased:
        """Return the same sentences in other words where those are faithful."""
        skeletons = {place: await self._skeletons(one, profile) for place, one in enumerate(said) if _may_change(one)}
        numbered = [one for parts in skeletons.values() for one in parts]
        if not numbered:
            return Phrased(list(said))
        system, prompts = prompt("style")
        asked = "\n".join(f"{number}| {one.text}" for number, one in enumerate(numbered, start=1))
        messages: list[Message] = [{"role": "system", "content": system}, {"role": "user", "content": asked}]
        lines = _Lines()
        call = await self.metered.stream(messages, lines.take, prompts, lambda: lines.ended)
        counts: Counter[str] = Counter()
        phrased, number = list(said), 1
        for place, parts in skeletons.items():
            reworded = [lines.lines.get(number + offset) for offset in range(len(parts))]
            phrased[place] = _phrased(said[place], parts, reworded, counts)
            number += len(parts)
        return Phrased(phrased, call, " ".join(f"{name}:{count}" for name, count in sorted(counts.items())))

    async def _skeletons(self, one: Said, profile: Profile | None) -> list[Skeleton]:
        facts = {value for proof in one.evidence for value in proof.values if _is_fact(value)}
        made = []
        for sentence in sentences(one.words):
            found = await self.redactor.redact_async(sentence, profile)
            made.append(skeleton(sentence, facts, found.spans))
        return made


def _may_change(one: Said) -> bool:
    # An article is quoted, and what has lines has a form.
    return one.claim is not Claim.POLICY and "\n" not in one.words


def _is_fact(value: str) -> bool:
    # A lone word in small letters is a state ("shipped"): the sentence's own word, which may not change anyway.
    return len(value) > 1 and not (value.isalpha() and value.islower())


def _phrased(one: Said, parts: list[Skeleton], reworded: list[str | None], counts: Counter[str]) -> Said:
    """Return a sentence group with each sentence reworded or as it was."""
    words = [_chosen(part, line, counts) for part, line in zip(parts, reworded, strict=True)]
    phrased = replace(one, words=" ".join(words))
    verdict = check(Sentence(text=phrased.words, claim=phrased.claim, evidence=phrased.evidence))
    if isinstance(verdict, Denied):
        counts[str(verdict.code)] += 1
        return one
    return phrased


def _chosen(part: Skeleton, line: str | None, counts: Counter[str]) -> str:
    if line is None:
        counts["template"] += 1
        return part.filled(part.text)
    verdict = check_rewording(part.text, line)
    counts[str(verdict.code) if isinstance(verdict, Denied) else "reworded"] += 1
    return part.filled(part.text if isinstance(verdict, Denied) else line)
