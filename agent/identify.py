"""Who the customer is, when the site has not said so: an e-mail address and a one-time code sent to it."""

from agent.conversation import Case
from agent.events import Asked, Choice, CodeRequested, CustomerIdentified
from agent.handoff import NOBODY
from agent.reply import person_button, plain
from agent.texts import text
from agent.work import Work
from guardrails.audit import AuditEvent
from guardrails.codes import CodeVerdict, TooManyCodesError
from guardrails.identity import Level
from guardrails.spoken import Personal, masked
from tools.action import Done
from tools.actions.find_customer import FIND_CUSTOMER
from tools.call import Call


def ask_who(work: Work, case: Case) -> None:
    """Ask for the address of the account, or wait for the code that is on its way."""
    if work.said or (work.state.code and not work.before.code):
        return
    if work.state.code:
        work.say(plain("code_sent", address=work.state.code.destination))
        return
    again = work.before.asked is not None and work.before.asked.slot == "email"
    work.say(plain("ask_email_again" if again else "ask_email", person_button()))
    work.emit(Asked(case=case.id, slot="email"))


async def send_code(work: Work, address: str) -> None:
    """Send a code if the address belongs to an account; what is said is the same either way."""
    work.pinned = True
    try:
        code = await work.parts.codes.start(work.state.id, work.parts.store.key(work.state.id, "code"), address)
    except TooManyCodesError:
        work.say(plain("code_too_many", person_button()))
        return
    customer = await _owner_of(work, address)
    if customer:
        company = work.parts.company
        await work.parts.records.mail(
            f"code/{work.state.id}/{work.turn}/{len(work.events)}",
            to=address,
            subject=text("mail_code_subject", code=code, company=company),
            body=text("mail_code_body", code=code, company=company),
            customer=customer or NOBODY,
        )
    resend = Choice(id="resend", label=text("button_resend"))
    shown = masked(Personal.EMAIL, address)
    work.emit(CodeRequested(destination=shown, resend=resend, address=address, customer=customer))
    work.say(plain("code_sent", address=shown))


async def _owner_of(work: Work, address: str) -> str | None:
    call = Call(
        action=FIND_CUSTOMER,
        args={"email": address},
        conversation=work.state.id,
        case=f"{work.state.id}.identity",
        principal=work.principal,
        allowlist=frozenset({FIND_CUSTOMER.name}),
    )
    outcome = await work.parts.door.run(call)
    found: str | None = outcome.output["customer"] if isinstance(outcome, Done) else None
    return found


async def take_code(work: Work, code: str) -> None:
    """Check a code and, where it is right, know the customer from here on."""
    request = work.state.code
    if request is None:
        return
    work.pinned = True
    key = work.parts.store.key(work.state.id, "code")
    verdict = await work.parts.codes.check(work.state.id, key, request.address, code)
    await work.parts.audit.append(work.state.id, AuditEvent.CODE, {"verdict": verdict.value})
    match verdict:
        case CodeVerdict.RIGHT if request.customer and work.state.customer in (None, request.customer):
            work.emit(CustomerIdentified(customer=request.customer, level=Level.STEPPED_UP))
            await work.parts.audit.append(work.state.id, AuditEvent.IDENTITY, {"level": int(Level.STEPPED_UP)})
        case CodeVerdict.RIGHT | CodeVerdict.WRONG:
            work.say(plain("code_wrong", request.resend, person_button()))
        case CodeVerdict.EXPIRED:
            work.say(plain("code_expired", request.resend, person_button()))
        case CodeVerdict.LOCKED:
            work.say(plain("code_locked", person_button()))
