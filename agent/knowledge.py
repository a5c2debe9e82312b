"""Answers from the articles: quoted with their source, or said not to be found."""

from agent.conversation import Case
from agent.endings import end
from agent.events import Asked, Source
from agent.reply import Said, evidence, person_button, plain
from agent.texts import spoken
from agent.work import Work
from guardrails.outbound import Claim, Evidence, EvidenceKind
from kb.search import Hit, SearchVerdict

#: How a case ends whose question no article answered.
_UNANSWERED = {SearchVerdict.SUGGEST: "articles_suggested", SearchVerdict.NONE: "not_found"}

#: Words that were taken for none of ours must be answered more surely than a question. On the calibrating half of
#: tests/kb/questions.yaml this lets through 84 % of the questions with an answer, and 8 % of the others.
_SURE = 0.5


async def is_answered(work: Work) -> bool:
    """Tell whether the articles surely answer the customer's last words, whatever they were taken for."""
    if not work.words or work.state.offers:
        return False
    found = await work.parts.index.search(work.words[-1], on=work.now.date())
    return found.verdict is SearchVerdict.ANSWER and found.confidence >= _SURE


async def answer(work: Work, case: Case | None, question: str | None = None) -> bool:
    """Say the best section, or the closest articles, or that there is none; return whether the turn goes on."""
    question = question or (case.slots.get("question") if case else None) or (work.words[-1] if work.words else "")
    if not question and case:
        work.say(plain("what_question"))
        work.emit(Asked(case=case.id, slot="question"))
        return False
    await work.progress("searching")
    found = await work.parts.index.search(question, on=work.now.date())
    work.trace(
        "knowledge", f"{found.verdict.value} {found.confidence:.2f} " + " ".join(hit.article for hit in found.hits)
    )
    work.why.searched(found)
    match found.verdict:
        case SearchVerdict.ANSWER:
            work.say(_quoted(found.hits[0]) if spoken() == "en" else _pointed(found.hits[0]))
            if case:
                hit = found.hits[0]
                work.trail(case).articles.append(f"{hit.article} “{hit.title}”, reviewed {hit.reviewed}")
            return True
        case SearchVerdict.SUGGEST:
            work.say(Said(words=plain("suggest").words, sources=tuple(_source(hit) for hit in _distinct(found.hits))))
        case SearchVerdict.NONE:
            work.say(plain("not_found", person_button()))
    # What was only offered, or not found at all, must not count as answered.
    return await end(work, case, _UNANSWERED[found.verdict]) if case else True


def _quoted(hit: Hit) -> Said:
    # With the question that the section answers: a "Yes" or "No" without it may be read as the answer to another one.
    words = f"**{hit.heading}**\n\n{hit.text}"
    proof: Evidence = evidence(EvidenceKind.ARTICLE, hit.article, {"text": words})
    return Said(words=words, claim=Claim.POLICY, evidence=(proof,), sources=(_source(hit),))


def _pointed(hit: Hit) -> Said:
    """Return where the answer is, to somebody who is spoken to in another language than the articles'."""
    return Said(words=plain("article_elsewhere").words, sources=(_source(hit),))


def _source(hit: Hit) -> Source:
    return Source(id=hit.article, title=hit.title, url=hit.url)


def _distinct(hits: tuple[Hit, ...]) -> list[Hit]:
    return list({hit.article: hit for hit in hits}.values())[:3]
