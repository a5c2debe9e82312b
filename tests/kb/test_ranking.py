"""What is found is put in an order that both meaning and words agree with."""

from dataclasses import replace

import numpy as np

from agent.quality.retrieval import Half, Query, Scores, gains
from kb.encoder import Encoder
from kb.lexicon import Lexicon
from kb.passage import Passage
from kb.ranking import Asked, Candidate, ranked
from kb.study import study
from kb.words import stems

SAID = ["You can return a lamp within a month.", "Lamps need a bulb of forty watts.", "The moon is far from the lamp."]


def order(encoder: Encoder, question: str, said: list[str]) -> list[str]:
    candidates = [
        Candidate(one, study(one, encoder)) for one in (Passage(article=text, title="", text=text) for text in said)
    ]
    asked = Asked.of(question, encoder.read(question))
    return [one.hit.text for one in ranked(asked, candidates, Lexicon.of(each.study.stems for each in candidates))]


def test_the_passage_that_answers_is_first(encoder: Encoder) -> None:
    """Sharing a word is not enough."""
    assert order(encoder, "how long can I send the lamp back", SAID)[0] == SAID[0]


def test_the_order_does_not_hang_on_the_stores(encoder: Encoder) -> None:
    """Candidates come in any order and leave in one."""
    assert order(encoder, "which bulb fits", SAID) == order(encoder, "which bulb fits", SAID[::-1])


def test_forms_of_a_word_share_a_stem() -> None:
    """Plurals, past and present forms and accents are the same word; silent words are none."""
    assert stems("Returns, the RETURNED résumés") == stems("return returning a resume")


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    """BM25 as usual: rarity counts, repetition ever less, length against."""
    texts = [["lamp", "blue"], ["lamp", "red"], ["lamp", "green", "green", "green"]]
    lexicon = Lexicon.of(texts)
    assert lexicon.bm25(["blue"], texts[0]) > lexicon.bm25(["lamp"], texts[0]) > 0
    assert lexicon.bm25(["green"], texts[2]) < 3 * lexicon.bm25(["blue"], texts[0])
    assert Lexicon.loads(lexicon.dumps()) == lexicon


def test_a_study_keeps_every_part_of_a_long_passage(encoder: Encoder) -> None:
    """What stands at the end of a long passage is kept beside its beginning."""
    long = Passage(article="a", title="Long", text=" ".join(f"Sentence number {n} is about boats." for n in range(80)))
    short = study(replace(long, text="About boats."), encoder)
    known = study(long, encoder)
    assert len(known.chunks) > 2 > len(short.chunks) > 0
    assert np.linalg.norm(known.vector) == np.float32(1) or abs(np.linalg.norm(known.vector) - 1) < 1e-5


def test_gains_are_against_the_best_of_the_others() -> None:
    """Figure by figure, since another way may be best at each."""
    measured = {"a": Scores(50, 60, 70), "b": Scores(55, 50, 60), "ours": Scores(56, 59, 72)}
    assert gains(measured) == Scores(1, -1, 2)


def test_the_halves_do_not_meet() -> None:
    """Every question tunes or reports, and both halves are large."""
    halves = [Query(str(n), "", frozenset()).half for n in range(400)]
    assert 150 < halves.count(Half.TUNE) < 250
    assert Half.ALL not in halves
