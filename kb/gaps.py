"""What customers ask and no article answers: like questions together, each group with the outline of an article."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kb.confidence import SearchVerdict
from kb.encoder import Encoder
from kb.search import Index

#: Questions this near to a group's first one belong to it.
_ALIKE = 0.55
_EXAMPLES = 5


@dataclass(frozen=True)
class Gap:
    """Questions about one thing; the one that is nearest to the others comes first."""

    questions: tuple[str, ...]

    def outline(self) -> str:
        """Return a Markdown section: how many ask, examples, and an article to fill in."""
        examples = "\n".join(f"- {question}" for question in self.questions[:_EXAMPLES])
        heading = self.questions[0].strip().rstrip("?").capitalize()
        front = "---\nid: KB-\ntitle:\nkind: howto\neffective:\nreviewed:\nowner:\naudience: customers\n---"
        article = f"{front}\n\n## {heading}?\n\n(the answer, in two or three sentences)"
        return f"## Asked {len(self.questions)} times\n\n{examples}\n\n```markdown\n{article}\n```\n"


async def gaps(questions: Sequence[str], index: Index, encoder: Encoder, *, on: date) -> list[Gap]:
    """Return the questions that the articles still don't answer, the largest group first."""
    verdicts = [(await index.search(question, on=on)).verdict for question in questions]
    open_ones = [one for one, verdict in zip(questions, verdicts, strict=True) if verdict is not SearchVerdict.ANSWER]
    vectors = encoder.encode(open_ones)
    groups: list[list[int]] = []
    for place in range(len(open_ones)):
        near = [float(vectors[group[0]] @ vectors[place]) for group in groups]
        best = int(np.argmax(near)) if near else -1
        if best >= 0 and near[best] >= _ALIKE:
            groups[best].append(place)
        else:
            groups.append([place])
    groups.sort(key=len, reverse=True)
    return [Gap(tuple(open_ones[place] for place in _middle_first(group, vectors))) for group in groups]


def _middle_first(group: Sequence[int], vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[int]:
    middle = vectors[list(group)].mean(axis=0)
    return sorted(group, key=lambda place: -float(vectors[place] @ middle))
