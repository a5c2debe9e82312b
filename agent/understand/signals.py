"""What words show beside their meaning: anger, a legal threat, urgency, another language, orders to the agent."""

import re

from agent.understand.base import Signal
from agent.understand.language import language_of
from guardrails.inbound import looks_like_instruction

#: Swearing, contempt and worn-out patience; "not happy" and capitals count where they stand alone.
_FRUSTRATION = re.compile(
    r"""\b(?:
      (?:mother)?fuck\w*|f+u+c+k+|fck\w*|fkn|wtf|ffs|stfu|bull\s?shit|shit+y?|crap+y?|damn(?:ed|it)?|goddamn\w*|
      bloody|piss(?:ed|ing)|arse\w*|ass\s?hole\w*|bastards?|bitch\w*|freaking|freakin|frigging|effing|hell\b(?!o)|
      idiots?|idiotic|morons?|moronic|stupid|dumb|clowns?|jokers?|scammers?|crooks?|thieves|liars?|
      ridiculous|unacceptable|disgusting|disgrace(?:ful)?|appalling|outrage(?:ous|d)?|pathetic|useless|incompetent|
      terrible|horrible|awful|atrocious|horrendous|worst|garbage|rubbish|joke\ of\ a|laughable|shameful|shambles|
      furious|angry|livid|fuming|enraged|infuriat\w+|frustrat\w+|annoy(?:ed|ing)|irritat\w+|fed\ up|
      sick\ (?:and\ tired\ )?of|tired\ of|had\ enough|done\ with\ (?:you|this)|losing\ (?:my\ )?patience|at\ my\ wits?|
      waste\ of\ (?:my\ )?(?:time|money)|how\ many\ (?:more\ )?times|(?:third|fourth|fifth|3rd|4th|5th|umpteenth)\ time|
      ripp?ed\ (?:me\ )?off|rip\s?off|(?:very|so|extremely|really|deeply|terribly)\ (?:upset|disappointed|unhappy|
      dissatisfied|unsatisfied)|not\ (?:at\ all\ )?(?:happy|satisfied|pleased|impressed|good\ enough)|
      (?:ain['’]?t|isn['’]?t|i['’]?m\ not|am\ not)\ happy|unsatisfied|dissatisfied|disappointed|
      nobody\ (?:answers|cares)|
      (?:you\ )?keep\ (?:ignoring|asking|sending\ me)|are\ you\ kidding|you\ must\ be\ joking|what\ a\ joke|
      this\ is\ a\ joke|still\ (?:no|not)\ (?:reply|response|answer)|never\ (?:again|ordering|buying)
    )\b|[!?]{3,}|😡|🤬|😠""",
    re.I | re.X,
)
_LEGAL = re.compile(
    r"""\b(?:
      (?:my|our|a|an|your)\ (?:lawyers?|attorneys?|solicitors?|barristers?)|lawyer\ up|lawsuits?|
      (?:i['’]?ll|i\ will|going\ to|gonna|want\ to|will\ be|we['’]?ll)\ (?:sue|suing)|
      su(?:e|ing)\ (?:you|your|the\ company)|
      legal\ (?:action|steps|proceedings|advice|team|department|consequences)|take\ (?:you|this|it)\ to\ court|
      see\ you\ in\ court|small\ claims|court\ (?:order|case)|press\ charges|trading\ standards|ombudsman|
      consumer\ (?:protection|rights|court|forum)|better\ business\ bureau|\bbbb\b|attorney\ general|ftc|
      data\ protection\ (?:authority|officer|commissioner)|gdpr\ (?:complaint|breach)|
      (?:report|reporting)\ (?:you|this|your\ company)\ to\ (?:the\ )?(?:police|authorit\w+|regulators?|ombudsman)
    )\b""",
    re.I | re.X,
)
_URGENCY = re.compile(
    r"""\b(?:
      urgent(?:ly)?|asap|a\.s\.a\.p|as\ soon\ as\ possible|right\ (?:now|away)|immediate(?:ly)?|emergency|
      at\ once|straight\ away|this\ (?:minute|instant)|time[\s-]sensitive|
      (?:it\ )?can(?:no|['’]?)t\ wait|hurry|quickly|
      (?:need|want)\ (?:it|this|them)\ (?:by\ )?(?:today|tonight|tomorrow|this\ morning|this\ afternoon)|
      (?:by|before)\ (?:today|tonight|tomorrow|end\ of\ (?:the\ )?day|noon)|
      in\ a\ (?:rush|hurry)|running\ out\ of\ time|
      deadline|critical(?:ly)?|high\ priority
    )\b""",
    re.I | re.X,
)
#: The guards' pattern looks behind every line break: thousands of them would take it half a second.
_BLANK_LINES = re.compile(r"\n\s+")
#: Roles, "modes" and lifted rules, as they are pasted in: beside what the guards' own pattern knows.
_ROLE_PLAY = re.compile(
    r"""\b(?:
      from\ now\ on,?\ (?:you|chatgpt|act|respond|answer|reply)|
      you(?:['’]re|\ are|\ will)?\ (?:now\ |about\ to\ |going\ to\ )(?:fully\ )?(?:immerse|act|pose|pretend|role-?play|
        play|go\ by|simulate|behave)|
      (?:immerse|put)\ yourself\ in(?:to)?\ the\ role|play\ the\ role\ of|stay\ in\ character|break\ character|
      role-?play(?:ing)?\ as|jail\s?break\w*|do\ anything\ now|(?:un|non-?)(?:filtered|censored)|
      (?:without|no|ignor\w+|free\ (?:of|from))\ (?:any\ |all\ |its\ |the\ |your\ )?(?:ethic\w*|moral\w*|openai|
        content|safety)\ (?:or\ \w+\ )?(?:guidelines?|restrictions?|polic\w+|limit\w*|filters?|boundaries|rules?)|
      (?:ignore|forget|disregard)\ (?:all\ |any\ |everything\ )?(?:of\ )?(?:the\ |your\ |my\ )?(?:prior|previous|above|
        earlier|from\ before)\ ?(?:inputs?|messages?|text|conversation|orders|commands)?|
      forget\ everything|(?:repeat|output|print|translate)\ (?:the\ |all\ )?(?:above|text\ above|everything\ above)|
      start\ your\ (?:answer|reply|response)\ with|i\ was\ instructed\ to|(?:admin\w*|developer|root)\ override|
      system\ configuration|never\ (?:declines?|refuses?)|always\ (?:answers?|compl\w+)\ (?:any|every|with)|
      (?:hello|hi|dear),?\ (?:chat)?gpt|\w{3,}gpt\ (?:is|says|can|will|must)|as\ an\ ai\ language\ model
    )\b""",
    re.I | re.X,
)


def signals_of(text: str) -> frozenset[Signal]:
    """Return the signals of a message; each is for staff and guards, none changes what is allowed."""
    shown = {
        Signal.FRUSTRATION: bool(_FRUSTRATION.search(text)) or _shouts(text),
        Signal.LEGAL_THREAT: bool(_LEGAL.search(text)),
        Signal.URGENCY: bool(_URGENCY.search(text)),
        Signal.OTHER_LANGUAGE: language_of(text) != "en",
        Signal.INSTRUCTION: looks_like_instruction(_BLANK_LINES.sub("\n", text)) or bool(_ROLE_PLAY.search(text)),
    }
    return frozenset(signal for signal, is_shown in shown.items() if is_shown)


def _shouts(text: str) -> bool:
    """Answer whether a sentence of several words is in capitals; an order number or two abbreviations are not."""
    letters = [character for character in text if character.isalpha()]
    capitals = sum(character.isupper() for character in letters)
    return len(letters) >= 12 and len(text.split()) >= 3 and capitals >= 0.8 * len(letters)
