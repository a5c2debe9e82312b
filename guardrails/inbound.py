"""What a customer may send: shape only, never opinion."""

import re
import unicodedata
from enum import StrEnum

from guardrails.verdict import Allowed, Denied, Verdict

LONGEST_MESSAGE = 4000


class InboundCode(StrEnum):
    """Why a message was not taken."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    LONE_SURROGATES = "lone_surrogates"


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INSTRUCTION = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\b.{0,40}
      \b(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines?|safeguards?|restrictions?)\b
    | \b(?:system|developer|hidden|initial)\s+(?:prompt|message|instructions?)\b
    | \byou\s+are\s+(?:now|no\s+longer)\b
    | \b(?:pretend|act|behave)\s+(?:to\s+be|as\s+if|as\s+an?|like\s+an?)\b
    | \b(?:developer|debug|admin|god|dan|jailbreak|maintenance)\s+mode\b
    | \b(?:reveal|print|repeat|show|output)\b.{0,30}\b(?:prompt|instructions|words\s+above)\b
    | \bas\s+(?:an?\s+)?(?:admin(?:istrator)?|developer|your\s+(?:creator|operator|supervisor))\b
    | \bnew\s+(?:instructions?|rules?|orders?\s+from)\s*:
    | (?:^|\n)\s*(?:\#+\s*)?(?:system|assistant|tool|developer)\s*:
    | <\|?/?\s*(?:system|assistant|tool|im_start|im_end|inst|function)\b
    | \[/?INST\]
    | \b(?:call|invoke|execute|run)\s+(?:the\s+)?(?:function|tool|command|action)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def screen(text: str) -> Verdict:
    """Say whether the message can be taken at all."""
    # Length first: the other checks read the whole text.
    if len(text) > LONGEST_MESSAGE:
        return Denied(InboundCode.TOO_LONG)
    if _SURROGATE.search(text):
        return Denied(InboundCode.LONE_SURROGATES)
    if _CONTROL.search(text):
        return Denied(InboundCode.CONTROL_CHARACTERS)
    if all(character.isspace() or unicodedata.category(character) == "Cf" for character in text):
        return Denied(InboundCode.EMPTY)
    return Allowed()


def looks_like_instruction(text: str) -> bool:
    """Say whether the text reads as orders to the agent; a signal for the record, never a gate."""
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return _INSTRUCTION.search(visible) is not None
