"""The HTTP port when the other side is slow, broken, or not what the contract says."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from samples import MAYA

from tools.systems.base import CustomerId, RejectedError, Systems, SystemUnavailableError
from tools.systems.contract import serve_contract
from tools.systems.http import Line, http_systems
from tools.systems.writes import AddTags

MAYA_ID = CustomerId(MAYA)
TAGS = AddTags(tags=("mug-broken",))


class Other:
    """The other side: it answers what the test says, and counts who asked."""

    def __init__(self, *answers: httpx.Response | type[Exception]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("nothing came back")

    def systems(self) -> Systems:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self), base_url="http://shop")
        return http_systems(client, read_token="read", write_token="write")


@pytest.mark.parametrize("answer", [httpx.ReadTimeout, httpx.ConnectError, *(httpx.Response(n) for n in (503, 429))])
async def test_a_silent_system_is_asked_three_times_and_then_unavailable(
    answer: httpx.Response | type[Exception],
) -> None:
    """Retries are bounded, and every try of a write carries the same key."""
    other = Other(answer)
    with pytest.raises(SystemUnavailableError):
        await other.systems().writes.write(MAYA_ID, TAGS, idempotency_key="k1")
    assert [request.headers["idempotency-key"] for request in other.asked] == ["k1"] * 3
    assert {request.headers["authorization"] for request in other.asked} == {"Bearer write"}


async def test_a_second_try_that_is_answered_counts() -> None:
    """One lost answer is no failure."""
    other = Other(httpx.ReadTimeout, httpx.Response(200, json=[]))
    assert await other.systems().orders.orders(MAYA_ID) == ()
    assert len(other.asked) == 2


@pytest.mark.parametrize("answer", [httpx.Response(n) for n in (400, 401, 403, 422, 500)])
async def test_what_is_ours_to_repair_is_not_told_as_a_refusal(answer: httpx.Response) -> None:
    """A wrong credential or schema is asked once, and is a system that does not answer."""
    other = Other(answer)
    with pytest.raises(SystemUnavailableError, match=str(answer.status_code)):
        await other.systems().accounts.customer(MAYA_ID)
    assert len(other.asked) == 1


BROKEN: list[Callable[[], httpx.Response]] = [
    lambda: httpx.Response(200, text="<html>"),
    lambda: httpx.Response(200, json={"id": 1}),
    lambda: httpx.Response(409, json=[]),
]


@pytest.mark.parametrize("made", BROKEN)
async def test_an_answer_beside_the_contract_is_no_answer(made: Callable[[], httpx.Response]) -> None:
    """What cannot be read is never guessed."""
    with pytest.raises(SystemUnavailableError):
        await Other(made()).systems().accounts.customer(MAYA_ID)


async def test_a_refusal_and_a_missing_kind_are_refusals() -> None:
    """409 brings the code; a kind that the other side does not offer is refused too."""
    with pytest.raises(RejectedError, match="too_late"):
        await (
            Other(httpx.Response(409, json={"code": "too_late"}))
            .systems()
            .writes.write(MAYA_ID, TAGS, idempotency_key="k1")
        )
    with pytest.raises(RejectedError, match="not_offered"):
        await Other(httpx.Response(404)).systems().writes.write(MAYA_ID, TAGS, idempotency_key="k1")


async def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    """An id with slashes or dots stays one part of the path."""
    other = Other(httpx.Response(404))
    await other.systems().orders.order(MAYA_ID, "../../v1/plans?x=1#")  # type: ignore[arg-type]
    assert other.asked[0].url.raw_path == b"/v1/customers/cus-0001/orders/..%2F..%2Fv1%2Fplans%3Fx%3D1%23"


class Down:
    """A port that is down."""

    def __getattr__(self, _name: str) -> Callable[..., object]:
        async def answer(*_given: object, **_named: object) -> None:
            raise SystemUnavailableError

        return answer


async def test_the_reference_server_tells_its_errors_by_status() -> None:
    """No token 401, a wrong one 403, a broken body 422, a shop that is down 503."""
    down: Any = Down()
    systems = Systems(
        accounts=down, orders=down, billing=down, subscriptions=down, incidents=down, telemetry=down, writes=down
    )
    server = serve_contract(systems, read_token="read", write_token="write")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://shop") as client:
        line = Line(client, "write", back_off=())
        assert (await client.get("/v1/plans")).status_code == 401
        with pytest.raises(SystemUnavailableError, match="403"):
            await line.ask("GET", "plans")
        with pytest.raises(SystemUnavailableError, match="422"):
            await line.ask("POST", "customers", MAYA, "writes", "add_tags", json={"tags": []}, key="k")
        wrong = {"authorization": "Bearer read"}
        assert (await client.get("/v1/plans", headers=wrong)).status_code == 503
