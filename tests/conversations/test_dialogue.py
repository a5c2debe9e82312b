"""How a conversation may go, whatever it is about: one class for each way."""

from collections.abc import Awaitable, Callable

import pytest

from agent.bootstrap import Company
from agent.commands import AskKnowledge, ChooseOther, Clarify, Deny, OutOfScope, Repeat, SetSlot, StartFlow
from agent.events import AgentSaid, CaseEnded, HandedOff, Offered, TurnFinished
from agent.testing import Chat, shop_refunds
from agent.texts.style import faults

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, BRAM, NOAH = "cus-0001", "cus-0004", "cus-0006"
MUG = "refund the mug from order 1043, it came smashed"


async def codes(chat: Chat) -> list[str]:
    """Return how the conversation's cases ended, in order."""
    return [event.code for event in await chat.log() if isinstance(event, CaseEnded)]


async def offers(chat: Chat) -> list[dict[str, object]]:
    """Return the arguments of every offer made, in order."""
    return [event.offer.args for event in await chat.log() if isinstance(event, Offered)]


class TestHappyPath:
    async def test_words_yes_receipt_and_code(self, chat: Open, company: Company) -> None:
        """A request, a yes, and it is done with one code."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.says("yes please")
        assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] == [1800]
        assert await codes(maya) == ["refunded"]


class TestCorrection:
    async def test_another_order_changes_the_offer(self, chat: Open) -> None:
        """What was meant instead is offered instead, and the old offer is gone."""
        noah = await chat(NOAH)
        await noah.says("refund order 1080")
        await noah.says("no, I meant 1081, I changed my mind about it")
        await noah.chooses("Insulated bottle")
        assert [one["order_id"] for one in await offers(noah)] == ["1080", "1081"]
        assert len((await noah.state()).offers) == 1

    async def test_the_other_one_of_two_needs_no_question(self, chat: Open, company: Company) -> None:
        """With two things in the order, the other one is known."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.means("no, the other one", ChooseOther())
        await maya.confirms()
        assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] == [1200]

    async def test_the_other_one_of_several_is_asked_for(self, chat: Open) -> None:
        """With more than two the rest are offered as buttons, and the one turned down is not."""
        maya = await chat(MAYA)
        await maya.says("where is order 1051?")
        await maya.means("no, the other one", ChooseOther())
        buttons = [one.id for one in (await maya.state()).open_choices().values() if one.id.startswith("slot:")]
        assert len(buttons) >= 2
        assert "slot:order_id:1051" not in buttons

    async def test_the_only_one_has_no_other(self, chat: Open) -> None:
        """Where there is nothing else, that is said."""
        bram = await chat(BRAM)
        await bram.says("where is my order?")
        assert "another one" in await bram.means("the other one", ChooseOther())


class TestCancellation:
    async def test_what_is_dropped_changes_nothing(self, chat: Open, company: Company) -> None:
        """Never mind ends the request at hand without effect."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.says("never mind")
        assert await shop_refunds(company, MAYA, "1043") == []
        assert (await codes(maya))[0] in ("cancelled_by_customer", "declined_by_customer")

    async def test_dropping_one_request_takes_up_the_other(self, chat: Open) -> None:
        """Of two requests the one that was not dropped is still answered."""
        maya = await chat(MAYA)
        await maya.means("refund 1043, also where is 1051?",
            StartFlow("refund"), SetSlot("order_id", "1043"), StartFlow("order_status"), SetSlot("order_id", "1051"),
        )  # fmt: skip
        assert "Order 1051" in await maya.says("never mind")
        assert await codes(maya) == ["cancelled_by_customer", "status_given"]


class TestDigression:
    async def test_an_open_offer_comes_back(self, chat: Open, company: Company) -> None:
        """A question beside the offer is answered, and the offer is there again with its buttons."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.says("How long does a refund take to show up?")
        shown = [one.label for event in await maya.log() if isinstance(event, AgentSaid) for one in event.choices]
        assert "Refund $18.00" in shown
        await maya.says("yes")
        assert len(await shop_refunds(company, MAYA, "1043")) == 1

    async def test_an_open_question_comes_back(self, chat: Open) -> None:
        """A question beside a question is answered first; its words choose nothing."""
        maya = await chat(MAYA)
        await maya.says("I need a refund for order 1043, it arrived damaged")
        await maya.means("is the stoneware mug dishwasher safe?", AskKnowledge("is the stoneware dishwasher safe?"))
        asked = (await maya.state()).asked
        assert (asked.slot if asked else None) == "item"


class TestTwoRequests:
    async def test_the_second_is_taken_up_by_itself(self, chat: Open, company: Company) -> None:
        """Both are done, each with its own order, code and ticket; no number is mixed up."""
        maya = await chat(MAYA)
        await maya.means("refund the mug from 1043, it is broken, and where is 1051",
            StartFlow("refund"), SetSlot("order_id", "1043"), SetSlot("reason", "damaged"),
            StartFlow("order_status"), SetSlot("order_id", "1051"),
        )  # fmt: skip
        said = await maya.confirms()
        assert "Order 1051" in said
        assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] == [1800]
        assert [one.code for one in await maya.tickets()] == ["refunded", "status_given"]

    async def test_two_of_the_same_kind_are_two_cases(self, chat: Open) -> None:
        """Two orders asked about at once are both answered, in the order they were named."""
        maya = await chat(MAYA)
        said = await maya.means("where is 1051 and where is 1043",
            StartFlow("order_status"), SetSlot("order_id", "1051"),
            StartFlow("order_status"), SetSlot("order_id", "1043"),
        )  # fmt: skip
        assert said.index("Order 1051") < said.index("Order 1043")
        assert await codes(maya) == ["status_given", "status_given"]

    async def test_the_same_request_said_twice_is_one(self, chat: Open) -> None:
        """Saying it in two sentences opens one case."""
        maya = await chat(MAYA)
        await maya.means("where is 1051? it is late, where is it",
            StartFlow("order_status"), SetSlot("order_id", "1051"), StartFlow("order_status"),
        )  # fmt: skip
        assert await codes(maya) == ["status_given"]

    async def test_a_question_beside_a_request_is_answered_at_once(self, chat: Open) -> None:
        """The article is quoted before the offer, and both are on record."""
        maya = await chat(MAYA)
        await maya.means(MUG + ", and how long do refunds take?", StartFlow("refund"), SetSlot("order_id", "1043"),
            SetSlot("reason", "damaged"), AskKnowledge("How long does a refund take to show up?"),
        )  # fmt: skip
        assert await codes(maya) == ["answered"]
        assert len(await offers(maya)) == 1

    async def test_the_other_order_is_not_taken_from_the_same_words(self, chat: Open) -> None:
        """An order that belongs to one request is no answer for the other."""
        maya = await chat(MAYA)
        await maya.means("refund the mug, it is broken, and where is 1051",
            StartFlow("refund"), SetSlot("reason", "damaged"), StartFlow("order_status"), SetSlot("order_id", "1051"),
        )  # fmt: skip
        assert [one["order_id"] for one in await offers(maya)] == ["1043"]

    async def test_it_is_what_was_spoken_of(self, chat: Open) -> None:
        """After an answer about an order, "refund it" is about that order."""
        noah = await chat(NOAH)
        await noah.says("where is order 1080?")
        await noah.says("ok, then refund it please")
        assert [one["order_id"] for one in await offers(noah)] == ["1080"]

    async def test_the_button_under_an_answer_is_about_it_too(self, chat: Open) -> None:
        """The way out that is offered with a lost parcel knows which parcel."""
        noah = await chat(NOAH)
        await noah.says("where is order 1080?")
        await noah.chooses("refund")
        assert [one["order_id"] for one in await offers(noah)] == ["1080"]


class TestDisambiguation:
    async def test_two_meanings_are_two_buttons_and_a_person(self, chat: Open) -> None:
        """What could be two things is asked, never guessed."""
        maya = await chat(MAYA)
        await maya.means("my order 1051", Clarify(("order_status", "refund")))
        assert list((await maya.state()).open_choices()) == ["start:order_status", "start:refund", "person"]
        await maya.chooses("Where an order is")
        assert "order_status" in [one.ticket_type for one in (await maya.state()).cases]

    async def test_the_third_time_a_person_comes(self, chat: Open) -> None:
        """It is not asked for ever."""
        maya = await chat(MAYA)
        for _ in range(3):
            await maya.means("hm", Clarify(("order_status", "refund")))
        assert [event.reason for event in await maya.log() if isinstance(event, HandedOff)] == ["not_understood"]

    @pytest.mark.parametrize(
        ("words", "item"),
        [("the cheaper one", "2"), ("the blue one", "1"), ("the second", "2"), ("the last one", "2"),
         ("the stonewear mug", "1"), ("the most expensive", "1"), ("both", None), ("not the mug", "2")],
    )  # fmt: skip
    async def test_things_are_named_by_what_they_are_like(self, chat: Open, words: str, item: str | None) -> None:
        """Price, colour, place, a slip of the finger, both, and what it is not."""
        maya = await chat(MAYA)
        await maya.says("I need a refund for order 1043, it arrived damaged")
        await maya.means(words, OutOfScope())
        assert [one["item"] for one in await offers(maya)] == [item]

    async def test_an_open_offer_changes_to_what_is_named(self, chat: Open, company: Company) -> None:
        """Naming another item beside the offer is a change of mind, not a riddle."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.means("the linen towel", OutOfScope())
        await maya.confirms()
        assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] == [1200]

    async def test_what_was_refunded_is_not_refunded_as_something_else(self, chat: Open, company: Company) -> None:
        """Asked for the mug again, nothing else is offered in its place."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.confirms()
        await maya.means(MUG, StartFlow("refund"), SetSlot("order_id", "1043"), SetSlot("reason", "damaged"))
        assert await codes(maya) == ["refunded", "already_refunded"]


class TestNegation:
    async def test_a_no_to_the_offer_moves_no_money(self, chat: Open, company: Company) -> None:
        """Don't is a no."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.means("don't refund it", Deny())
        assert await shop_refunds(company, MAYA, "1043") == []
        assert await codes(maya) == ["declined_by_customer"]


class TestRepeat:
    async def test_the_last_words_come_again_with_their_buttons(self, chat: Open, company: Company) -> None:
        """What was said is said again, amounts and all, and can still be answered."""
        maya = await chat(MAYA)
        first = await maya.says("where is order 1051?")
        assert await maya.means("say that again", Repeat()) == first
        await maya.says("I need a refund for order 1043, it arrived damaged")
        await maya.means("sorry, what?", Repeat())
        await maya.chooses("Linen tea towel")
        assert [one["item"] for one in await offers(maya)] == ["2"]

    async def test_an_offer_is_shown_again(self, chat: Open, company: Company) -> None:
        """The yes of a repeated offer counts once."""
        maya = await chat(MAYA)
        await maya.says(MUG)
        await maya.means("come again?", Repeat())
        await maya.chooses("Refund $18.00")
        assert len(await shop_refunds(company, MAYA, "1043")) == 1


class TestInvalidValue:
    async def test_an_order_that_is_not_there_is_asked_for_again(self, chat: Open) -> None:
        """A wrong number is said to be wrong, and the right ones are offered."""
        maya = await chat(MAYA)
        assert "9999" in await maya.says("where is order 9999?")
        await maya.chooses("1051")
        assert await codes(maya) == ["status_given"]

    async def test_wrong_again_and_again_brings_a_person(self, chat: Open) -> None:
        """Nobody is left with a question they cannot answer."""
        maya = await chat(MAYA)
        for number in ("9999", "9998", "9997", "9996"):
            await maya.says(f"where is order {number}?")
        assert [event.reason for event in await maya.log() if isinstance(event, HandedOff)] == ["not_understood"]


class TestChitchat:
    async def test_small_talk_leaves_the_question_open(self, chat: Open) -> None:
        """A thank-you in between answers nothing and ends nothing."""
        maya = await chat(MAYA)
        await maya.says("I need a refund for order 1043, it arrived damaged")
        await maya.says("thanks")
        asked = (await maya.state()).asked
        assert (asked.slot if asked else None) == "item"


class TestOutOfScope:
    async def test_what_we_do_not_do_is_said_and_opens_nothing(self, chat: Open) -> None:
        """No case, a list of what can be done, and a person."""
        visitor = await chat(None)
        await visitor.says("what's the weather tomorrow")
        assert (await visitor.state()).cases == ()
        assert "person" in (await visitor.state()).open_choices()


class TestBurst:
    async def test_a_yes_before_the_offer_is_no_consent(self, chat: Open, company: Company) -> None:
        """A consent counts only for what was shown before it."""
        maya = await chat(MAYA)
        await maya.writes(MUG)
        await maya.writes("yes")
        await maya.turn()
        assert await shop_refunds(company, MAYA, "1043") == []

    async def test_fragments_are_one_turn(self, chat: Open) -> None:
        """A fragment that says nothing alone is not asked about when the rest explains it."""
        maya = await chat(MAYA)
        for words in ("asdf", "where is order 1051?"):
            await maya.writes(words)
        said = await maya.turn()
        assert said.startswith("Order 1051")
        assert sum(isinstance(event, TurnFinished) for event in await maya.log()) == 1


class TestTone:
    @pytest.mark.parametrize(
        ("customer", "words"),
        [
            (MAYA, ("hi", MUG, "yes", "thanks")),
            (MAYA, ("refund order 1043, it arrived damaged", "hm", "the towel", "no", "bye")),
            (MAYA, ("where is my order?", "9999", "1051", "tell me a joke", "never mind")),
            (NOAH, ("where is order 1080?", "ok, then refund it please", "not now", "human please", "hello?")),
            (None, ("where is my order?", "no", "not.an.address", "noah@example.com", "123456", "are you a robot?")),
        ],
    )
    async def test_every_reply_is_short_and_asks_one_thing(
        self, chat: Open, customer: str | None, words: tuple[str, ...]
    ) -> None:
        """At most sixty words and one question a reply, no filler, nothing loud, whatever is said."""
        talk = await chat(customer)
        for one in words:
            reply = await talk.says(one)
            assert reply
            assert faults(reply) == (), reply
