"""A request the customer has left open: it ends as `no_reply`, and its ticket says so."""

from agent.endings import end
from agent.parts import Parts
from agent.store import Append, AppendRefusedError, Lost
from agent.texts import speak
from agent.work import Work


async def end_silent(parts: Parts, conversation: str) -> bool:
    """End what is open in a conversation that is the agent's to end; answer whether there was anything.

    Nothing is said: whoever comes back finds the words as they were. Its tickets go out with the turn that is made due.
    """
    lease = await parts.store.lease(conversation, parts.lease_seconds)
    if lease is None:
        return False
    try:
        seen = await parts.store.newest_inbound(conversation)
        state = await parts.store.load(conversation)
        still_open = [case for case in state.cases if case.open]
        if state.holder or state.inbound or not still_open:
            return False
        speak(state.language, state.locale)
        work = Work(parts, state, lease)
        for case in still_open:
            await end(work, case, "no_reply")
        how = Append(lease=lease, owner="agent", unless_after=seen)
        await parts.store.append(conversation, work.events, how, staff=work.staff)
    except AppendRefusedError as refused:
        if refused.why is Lost.GONE:
            raise
        # Somebody has taken it up meanwhile.
        return False
    finally:
        await parts.store.release(conversation, lease)
    await parts.store.make_due(conversation)
    return True
