"""A rewording is said only where it says what its template says: a table of what may and what may not change."""

import pytest

from guardrails.rewording import RewordingCode, check_rewording, languages
from guardrails.verdict import Allowed, Denied

SHIPPED = "Order {number1} ({name1}) is on its way with {name2}."
LOST = "Order {number1} was lost on its way."
WINDOW = "So I can't refund it here; a colleague can look at it with you."
DONE = "{money1} is going back to your {name1}, by {date1}."
GUESS = "It should arrive by {date1}."
UNCHANGED = "Nothing was changed."

FAITHFUL = [
    (SHIPPED, "Your order {number1} ({name1}) is on its way to you with {name2}."),
    (SHIPPED, "Order {number1}, {name1}, is on its way with {name2}, thanks."),
    (DONE, "By {date1}, {money1} is going back to your {name1}."),
    (GUESS, "This should arrive by {date1}."),
    (UNCHANGED, "And nothing was changed."),
    ("Which order is it about?", "And which order is this about, please?"),
    ("I'm bringing in a colleague.", "So I am bringing in a colleague for you."),
    ("Su pedido {number1} está en camino.", "Gracias, su pedido {number1} está aquí en camino."),
    ("Die Bestellung {number1} ist unterwegs.", "Ihre Bestellung {number1} ist bitte unterwegs."),
]
FALSE = [
    (SHIPPED, "Order {number1} ({name1}) was delivered with {name2}.", RewordingCode.NEW_WORD),
    (SHIPPED, "Order {number1} is on its way with {name2}.", RewordingCode.SLOTS),
    (SHIPPED, "Order {number1} ({name2}) is on its way with {name1}.", RewordingCode.SLOTS),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2} {name2}.", RewordingCode.SLOTS),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2} {money1}.", RewordingCode.SLOTS),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2}, 2 days.", RewordingCode.CHARACTERS),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2}, free.", RewordingCode.NEW_WORD),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2}, two days.", RewordingCode.NEW_WORD),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2} today.", RewordingCode.NEW_WORD),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2}, Tomás.", RewordingCode.NEW_WORD),
    (SHIPPED, "Order {number1} ({name1}) is not on its way with {name2}.", RewordingCode.NEGATION),
    (SHIPPED, "Order {number1} ({name1}) was on its way with {name2}.", RewordingCode.SENSE),
    (SHIPPED, "Is order {number1} ({name1}) on its way with {name2}?", RewordingCode.QUESTION),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2}!", RewordingCode.CHARACTERS),
    (SHIPPED, "Order {number1} ({name1}) is on its way with {name2} <b>", RewordingCode.CHARACTERS),
    (SHIPPED, "[Order](x) {number1} ({name1}) is on its way with {name2}.", RewordingCode.CHARACTERS),
    (SHIPPED, "", RewordingCode.ENDING),
    (LOST, "Order {number1} is on its way.", RewordingCode.LEFT_OUT),
    (WINDOW, "So I can refund it here; a colleague can look at it with you.", RewordingCode.NEGATION),
    (WINDOW, "So I can refund it here; a colleague can't look at it with you.", RewordingCode.NEGATION),
    (WINDOW, "So it is refunded here; a colleague can look at it with you.", RewordingCode.NEW_WORD),
    (WINDOW, "A colleague can't refund it here; so I can look at it with you.", RewordingCode.WORD_ORDER),
    (DONE, "{money1} is going back to your {name1}, before {date1}.", RewordingCode.RELATION),
    (DONE, "{money1} is going back from your {name1}, by {date1}.", RewordingCode.RELATION),
    (DONE, "{money1} was going back to your {name1}, by {date1}.", RewordingCode.SENSE),
    (DONE, "I am going back to your {name1} with {money1}, by {date1}.", RewordingCode.SENSE),
    (GUESS, "It will arrive by {date1}.", RewordingCode.SENSE),
    (GUESS, "It should arrive by {date1}, if so.", RewordingCode.SENSE),
    (UNCHANGED, "Not nothing was changed.", RewordingCode.NEGATION),
    (UNCHANGED, "It was changed.", RewordingCode.NEGATION),
    (UNCHANGED, "Nothing. Was changed.", RewordingCode.ENDING),
    ("Is that right?", "Right that is?.", RewordingCode.ENDING),
    ("Shall I go ahead?", "S I go ahead?", RewordingCode.NEW_WORD),
    ("Shall I go ahead?", "I go ahead?", RewordingCode.SENSE),
    ("A colleague will read it.", "A colleague read it.", RewordingCode.SENSE),
    (UNCHANGED, "nothing was changed.", RewordingCode.CHARACTERS),
    (UNCHANGED, "Nothing was \u0441hanged.", RewordingCode.NEW_WORD),
    (UNCHANGED, "Nothing was chan\u200bged.", RewordingCode.CHARACTERS),
    (UNCHANGED, "Nichts wurde geändert.", RewordingCode.NEW_WORD),
    ("Die Bestellung ist nicht da.", "Die Bestellung ist da.", RewordingCode.NEGATION),
    ("Votre commande n’est pas arrivée.", "Votre commande est arrivée.", RewordingCode.NEGATION),
    ("Nada fue cambiado.", "Fue cambiado.", RewordingCode.NEGATION),
]


@pytest.mark.parametrize(("template", "reworded"), FAITHFUL)
def test_small_words_and_the_place_of_slots_may_change(template: str, reworded: str) -> None:
    """The same facts in the same sense, more fluently."""
    assert check_rewording(template, reworded) == Allowed()


@pytest.mark.parametrize(("template", "reworded", "code"), FALSE)
def test_what_the_template_does_not_say_is_not_said(template: str, reworded: str, code: RewordingCode) -> None:
    """W2, W3, W4: no new fact, action, name or promise; none left out; no other sense."""
    assert check_rewording(template, reworded) == Denied(code)


def test_a_bloated_sentence_is_not_said() -> None:
    """W5: 60 words, whatever they are."""
    assert check_rewording(UNCHANGED, "Nothing was changed" + ", and so" * 40) == Denied(RewordingCode.TOO_LONG)


def test_a_template_is_faithful_to_itself() -> None:
    """Each language reads its own small words."""
    assert set(languages()) == {"en", "de", "es", "fr"}
    for template in (SHIPPED, LOST, WINDOW, DONE, GUESS, UNCHANGED):
        assert check_rewording(template, template) == Allowed()
