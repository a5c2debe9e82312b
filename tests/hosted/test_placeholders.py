"""A hosted model sees typed placeholders, never the value."""

import json

from agent.testing import shop_refunds
from agent.testing_model import Open, Request, Script, calls

VALUES = ("Whitfield", "maya.whitfield", "555-0137", "4242 4242 4242 4242", "Alder")


def sent(requests: list[Request]) -> str:
    return json.dumps([request["messages"] for request in requests])


async def test_values_stay_here(hosted: Open) -> None:
    """Name, mail, phone and card leave as placeholders; the order number leaves as it is."""
    here = await hosted()
    maya = await here.chat()
    await maya.says("I am Maya Whitfield, write to bob@corp.example or 555-0137, card 4242 4242 4242 4242, order 1043")
    words = sent(here.server.requests)
    assert not [value for value in (*VALUES, "bob@corp") if value in words]
    assert "<EMAIL_1>" in words
    assert "1043" in words


async def test_a_placeholder_stays_the_same_all_conversation_long(hosted: Open) -> None:
    """What was EMAIL_1 stays EMAIL_1 when others are named before it later on."""
    here = await hosted()
    visitor = await here.chat(None)
    for words in ("my mail is bob@corp.example ok", "or ann@corp.example or bob@corp.example, which one"):
        await visitor.says(f"hmm {words}")
    last = here.server.requests[-1]["messages"][-1]["content"]
    assert "<EMAIL_2> or <EMAIL_1>" in last


async def test_a_value_comes_back_inside(hosted: Open) -> None:
    """S4: a placeholder that the model copies into a question is searched and kept as the value."""
    here = await hosted(lambda _: calls(("ask", {"question": "Can you write to <EMAIL_1>?"})))
    visitor = await here.chat(None)
    await visitor.says("hmm can you people write to bob@corp.example or not")
    (case,) = (await visitor.state()).cases
    assert case.slots["question"] == "Can you write to bob@corp.example?"


async def test_a_spelt_placeholder_is_nobodys_value(hosted: Open) -> None:
    """Writing `<EMAIL_1>` oneself brings no value out."""
    here = await hosted()
    visitor = await here.chat(None)
    await visitor.says("hmm my mail is bob@corp.example, what is <EMAIL_1> and <EMAIL_2>")
    sent = here.server.requests[0]["messages"][-1]["content"]
    assert sent.startswith("hmm my mail is <EMAIL_1>, what is ")
    assert sent.count("<EMAIL_1>") == 1


async def test_certain_things_never_reach_the_model(hosted: Open) -> None:
    """Buttons, a bare yes, an address that was asked for and a code are read by rule."""
    here = await hosted(
        lambda _: calls(("start", {"types": ["refund"]}), ("set", {"slot": "order_id", "value": "1043"}))
    )
    visitor = await here.chat(None)
    await visitor.says("hmm about 1043, money")
    before = len(here.server.requests)
    await visitor.says("maya@larkspur.example")
    await visitor.says("123456")
    await visitor.presses("person")
    await visitor.turn()
    assert len(here.server.requests) == before


async def test_a_model_cannot_say_yes(hosted: Open) -> None:
    """P1: no call of a model confirms an offer: money moves on the customer's own word only."""
    here = await hosted()
    maya = await here.chat()
    await maya.says("refund the blue mug from order 1043, it arrived broken")
    for name in ("yes", "affirm", "confirm", "other"):
        here.answers(calls((name, {"kind": "yes", "yes": True})), Script(words="yes"))
        await maya.says("hmm let me think about that offer for a moment")
    assert await shop_refunds(here.company, "cus-0001", "1043") == []
