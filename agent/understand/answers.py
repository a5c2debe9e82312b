"""What a message means as an answer to what is open: a code, an address, a choice, a correction, a yes or a no."""

import re

from agent.commands import (
    Affirm,
    AskPerson,
    CancelFlow,
    ChooseOther,
    Command,
    Deny,
    GiveCode,
    GiveEmail,
    OutOfScope,
    Repeat,
    SetSlot,
    StartFlow,
)
from agent.conversation import Conversation
from agent.events import Asked
from agent.flows import flows
from agent.understand.labels import Label
from agent.understand.meaning import changes

#: A yes or a no is only what says nothing else: "ok, what is your refund policy?" is a question.
_YES_WORDS = (
    r"(?:yes+|yep|yea|yeah|yup|ya|y|sure|ok|okay|correct|right|exactly|confirm(?:ed)?|please do|do it|go ahead|"
    r"sounds good|that works|i agree|i confirm|absolutely|of course|refund it|"
    r"that['’]?s (?:right|it|the one|fine|correct)|👍)"
)
_YES = re.compile(rf"{_YES_WORDS}(?:[\s,.!]+(?:{_YES_WORDS}|please))*[\s.!]*|yes,? (?:thanks|thank you)[\s.!]*", re.I)
_NO_WORDS = (
    r"(?:no+|nope|nah|n|not now|don['’]?t(?: do (?:it|that))?|do not|never ?mind|stop|cancel(?: it| that)?|leave it|"
    r"no thanks|no thank you|please don['’]?t)"
)
_NO = re.compile(rf"{_NO_WORDS}(?:[\s,.!]+(?:{_NO_WORDS}|please|thanks|thank you|sorry))*[\s.!]*", re.I)
_OTHER = re.compile(
    r"(?:(?:no|nope|sorry|wait|actually|not that(?: one)?|i meant|i mean|it['’]?s|oops)[\s,.!]+)*"
    r"(?:the other(?: one| order| item| thing)?|(?:not that|not this)(?: one)?|(?:a )?different one|another one)"
    r"[\s.!?]*",
    re.I,
)
_CORRECTS = re.compile(
    r"\W*(?:no|not|nope|i mean|i meant|sorry|actually|wait|oops|oh|correction|my (?:bad|mistake)|make (?:it|that)|"
    r"change (?:it|that) to|it['’]?s|it is|rather|instead)\b",
    re.I,
)
_NAMES_ANOTHER = re.compile(
    r"\W*(?:(?:no|nope|sorry|wait|oops|actually|oh)\W+)+(?:(?:i (?:mean|meant)|make (?:it|that)|rather|take)\W+)?"
    r"(?:the|to the|with)?\s*(?:[^\W_]+\s+){1,3}(?:one|plan|card|please|instead)[\s.!]*|"
    r"\W*(?:(?:no|nope|sorry|wait|oops|actually|oh)\W+)*(?:i (?:mean|meant)|make (?:it|that))\b.{1,40}",
    re.I,
)
_NEVER_MIND = re.compile(
    r"(?:(?:oh|ok|okay|actually|no|sorry|please)[\s,.]+)*(?:never ?mind|nvm|forget (?:it|about it|that)|drop it|"
    r"let['’]?s (?:drop|leave|forget) (?:it|this|that)|scrap that|leave it(?: be)?|stop (?:this|that|it)|"
    r"cancel (?:this|that)(?: request)?|i(?:['’]ve)? changed my mind about (?:this|that|the refund)|don['’]?t bother)"
    r"(?:[\s,.!]+(?:please|thanks|thank you|sorry|then))*[\s.!]*",
    re.I,
)
_NO_MORE = r"i (?:don['’]?t|do not|no longer) (?:want|need)|i(?:['’]ve)? changed my mind"
_TAKES_BACK = re.compile(
    r"(?:(?:oh|ok|okay|actually|no|wait|sorry|please)[\s,.]+)*(?:(?:cancel|stop|drop|withdraw|forget) "
    rf"(?:it|this|that|(?:the|my) (?:refund|request))(?:\W+(?:{_NO_MORE})[^?\d]{{0,60}})?|"
    rf"(?:{_NO_MORE}) (?:the|a|my) (?:refund|replacement|exchange)(?: any ?more)?)[\s.!]*",
    re.I,
)
_AGAIN = re.compile(
    r"(?:(?:sorry|wait|hm+|uh|um)[\s,.?]+)*(?:(?:can|could|would) you )?(?:please )?"
    r"(?:repeat(?: (?:that|it|the question|your question))?|say (?:that|it) again|come again|what did you (?:say|ask)|"
    r"what was (?:that|the question)(?: again)?|pardon(?: me)?|once more|again|"
    r"i (?:didn['’]?t|did not) (?:get|catch) that)"
    r"(?:,? please)?[\s.!?]*",
    re.I,
)
_EMAIL = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[a-z]{2,}", re.I)
_CODE = re.compile(r"^\D{0,20}?(\d[\s-]?\d[\s-]?\d[\s-]?\d[\s-]?\d[\s-]?\d)\D{0,10}$")
#: A reply of at most this many words that names what was asked for is its answer, whatever else it sounds like.
_SHORT = 6

Answer = tuple[Label, tuple[Command, ...]]


def answered(state: Conversation, words: str) -> Answer | None:
    """Return what the words answer, and as which label; None where they answer nothing that is open."""
    if state.code and (code := _CODE.match(words)):
        return Label.PROVIDE_INFO, (GiveCode(re.sub(r"\D", "", code.group(1))),)
    asks_email = (state.asked and state.asked.slot == "email") or state.code
    if asks_email and (address := _EMAIL.search(words)):
        return Label.PROVIDE_INFO, (GiveEmail(address.group().lower()),)
    if state.asked and (named := _named(state, state.asked, words)):
        return Label.PROVIDE_INFO, named
    if _AGAIN.fullmatch(words):
        return Label.PROVIDE_INFO, (Repeat(),)
    return _about_what_is_open(state, words)


def in_free_words(state: Conversation, found: Answer) -> bool:
    """Answer whether an answer is the customer's own words, which may as well be about something else."""
    slot, case = state.asked.slot if state.asked else "", state.case
    free = slot == "question" or (case is not None and flows()[case.ticket_type].parser(slot) is not None)
    return free and any(isinstance(one, SetSlot) and one.name == slot for one in found[1])


def _about_what_is_open(state: Conversation, words: str) -> Answer | None:
    yes, no = _YES.fullmatch(words) and _fits(state, words), _NO.fullmatch(words)
    if not (state.offers or state.asked or state.case):
        if state.waiting and (no or _NEVER_MIND.fullmatch(words) or _TAKES_BACK.fullmatch(words)):
            return Label.DENY, (CancelFlow(),)
        if yes or no:
            return (Label.AFFIRM, (Affirm(),)) if yes else (Label.DENY, (Deny(),))
        return None
    if _OTHER.fullmatch(words):
        return Label.PROVIDE_INFO, (ChooseOther(),)
    if state.offers and no:
        return Label.DENY, (Deny(),)
    if _NEVER_MIND.fullmatch(words) or _TAKES_BACK.fullmatch(words):
        return Label.DENY, (CancelFlow(),)
    if (changed := changes(state, words) or _said_anew(state, words)) and _CORRECTS.match(words):
        return Label.PROVIDE_INFO, changed
    if state.offers and not changed and _NAMES_ANOTHER.fullmatch(words):
        # It may name another of the offer's options; its flow finds out.
        return Label.PROVIDE_INFO, (OutOfScope(),)
    if not changed and no:
        return Label.DENY, (Deny(),)
    if not changed and yes:
        return Label.AFFIRM, (Affirm(),)
    return None


def _said_anew(state: Conversation, words: str) -> tuple[SetSlot, ...]:
    """Return the one number or address that the words give anew."""
    case = state.case
    if case is None:
        return ()
    parsers = {slot: parse for slot in case.slots if (parse := flows()[case.ticket_type].parser(slot))}
    read = {slot: value for slot, parse in parsers.items() if (value := parse(words)) and re.search(r"\d", value)}
    anew = [SetSlot(slot, value) for slot, value in read.items() if value != case.slots[slot]]
    return tuple(anew) if len(read) == 1 else ()


def _fits(state: Conversation, words: str) -> bool:
    """Answer whether a yes may be one to what is open: "refund it" is none to another offer."""
    refunds = all(offer.action == "issue_refund" for offer in state.offers.values())
    return refunds or "refund" not in words.lower()


def _named(state: Conversation, asked: Asked, words: str) -> tuple[Command, ...]:
    """Return what an open question's answer sets: a button's words mean what the button means."""
    if asked.slot == "question":
        return (SetSlot("question", words[:500]),)
    for choice in asked.choices:
        kind, _, rest = choice.id.partition(":")
        if words.lower().strip(" .!") != choice.label.lower().strip(" .!"):
            continue
        if kind == "slot":
            return (SetSlot(*rest.split(":", 1)),)
        if kind == "start":
            return (StartFlow(rest),)
        if kind == "person":
            return (AskPerson(),)
    flow = flows()[state.case.ticket_type] if state.case else None
    if flow and (parse := flow.parser(asked.slot)) and (value := parse(words)) and not _NEVER_MIND.fullmatch(words):
        return (SetSlot(asked.slot, value),)
    heard = flow.hear(words) if flow else {}
    short = len(words.split()) <= _SHORT and asked.slot in heard
    return tuple(SetSlot(name, value) for name, value in heard.items()) if short else ()
