"""A request taken back by the customer while it waits for an operator's yes."""

from agent.conversation import Case
from agent.endings import end
from agent.events import ApprovalChanged, NoteAdded
from agent.handoff import refreshed
from agent.reply import plain
from agent.work import Work
from tools.approvals import Approval, ApprovalState

#: Taken back by this very turn, perhaps before it died: taken back all the same.
_OURS = (ApprovalState.WAITING, ApprovalState.WITHDRAWN)
_GRANTED = (ApprovalState.APPROVED, ApprovalState.DONE)


async def take_back(work: Work, case: Case) -> bool:
    """Withdraw what waits for an operator in this case and say what is true; False where nothing was asked of one.

    The operator's yes and the customer's no compete for the same stored state: exactly one of them wins.
    """
    asked = [one for one in await work.parts.approvals.of_conversation(work.state.id) if one.case == case.id]
    if not asked or asked[-1].state not in (*_OURS, *_GRANTED):
        return False
    work.pinned = True
    if not await _withdrawn(work, asked[-1]):
        work.say(plain("approval_granted"))
        return True
    changed = ApprovalChanged(approval=asked[-1].id, state=ApprovalState.WITHDRAWN)
    note = NoteAdded(operator="AI agent", text="The customer took the request back before it was decided.")
    filed = await work.parts.store.read_staff(work.state.id)
    packet = refreshed(filed, case.id, asked[-1].action, outcome="withdrawn", receipt=None)
    work.staff += [changed, note, *([packet] if packet else [])]
    work.say(plain("approval_withdrawn"))
    await end(work, case, "cancelled_by_customer")
    if work.state.waiting is None:
        work.row |= {"state": "agent", "reason": "", "waiting_since": ""}
    return True


async def _withdrawn(work: Work, asked: Approval) -> bool:
    if asked.state is ApprovalState.WITHDRAWN:
        return True
    return asked.state is ApprovalState.WAITING and await work.parts.approvals.decide(
        asked.id, ApprovalState.WITHDRAWN, "customer", was=ApprovalState.WAITING
    )
