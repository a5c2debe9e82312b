"""Which language a conversation is held in, and what becomes of one that is not spoken here."""

from functools import lru_cache
from pathlib import Path

import yaml
from babel import Locale, UnknownLocaleError

from agent.endings import escalate, open_case
from agent.events import LanguageChosen
from agent.reply import Said, plain
from agent.texts import LANGUAGES, speak, texts
from agent.work import Work

_ELSEWHERE = Path(__file__).parent / "texts" / "elsewhere.yaml"
#: Shorter words say nothing sure about a language: "1043", "ok", "no".
ENOUGH = 3


async def choose_language(work: Work, language: str, words: str) -> None:
    """Speak the customer's language where it is one of ours; the first message of a turn decides for the turn."""
    known = language if language in LANGUAGES else "en"
    first = not work.state.locale
    if work.said or not (first or (known != work.state.language and len(words.split()) >= ENOUGH)):
        return
    locale = await _locale(work, known)
    if (known, locale) != (work.state.language, work.state.locale or LANGUAGES["en"]):
        work.emit(LanguageChosen(language=known, locale=locale))
    speak(known, locale)


async def _locale(work: Work, language: str) -> str:
    """Return how the customer's account writes days and amounts, if it does so in this language."""
    customer = await work.customer()
    own = customer["locale"] if customer else ""
    return own if own.partition("-")[0] == language and _is_known(own) else LANGUAGES[language]


def _is_known(locale: str) -> bool:
    try:
        Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True


async def pass_on(work: Work, language: str) -> None:
    """Say one sentence in a language that is not understood here, and bring in a person; nothing else is said."""
    if work.said:
        # Something was said in another language already, and a turn mixes none.
        work.bring_person = "other_language"
        return
    sentence = Said(words=_sentence(language)) if language not in LANGUAGES else plain("other_language")
    work.rests = True
    if work.state.waiting:
        work.say(sentence)
        return
    case = work.state.case or open_case(work, "talk_to_person")
    await escalate(work, case, "other_language", told=sentence)


def _sentence(language: str) -> str:
    return _elsewhere(_ELSEWHERE.stat().st_mtime).get(language) or str(texts("en")["other_language"])


@lru_cache(maxsize=2)
def _elsewhere(_changed: float) -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load(_ELSEWHERE.read_text("utf-8"))
    return loaded
