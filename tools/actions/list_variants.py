"""The forms that an order's lines can be changed or exchanged to, with what each costs more."""

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict
from tools.actions.get_order import ItemView, is_theirs, read_order
from tools.systems.base import Form


class Input(Strict):
    order_id: str


class FormView(Strict):
    line: str  # the order line it could replace
    sku: str
    product: str
    variant: str
    price: int  # minor units
    difference: int  # minor units for all pieces of the line; below zero the customer gets money
    available: bool


class Output(Strict):
    forms: tuple[FormView, ...]


async def _execute(facts: Facts, given: Input, _key: str) -> Output:
    order = await read_order(facts, given)
    found = [_view(line, form) for line in order.items for form in await facts.systems.orders.forms(line.sku)]
    return Output(forms=tuple(found))


def _view(line: ItemView, form: Form) -> FormView:
    return FormView(
        line=line.id,
        sku=form.sku,
        product=form.product,
        variant=form.variant,
        price=form.price,
        difference=line.quantity * (form.price - line.unit_price),
        available=form.available,
    )


LIST_VARIANTS = Action(
    name="list_variants",
    effect=Effect.READ,
    identity=Level.SIGNED_IN,
    input=Input,
    output=Output,
    preconditions=(is_theirs,),
    execute=_execute,
)
