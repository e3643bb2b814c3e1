"""What is read when: nothing twice at once, nothing lost, and failed reads again, but not in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from random import Random

import pytest

from buildwatch.sources.errors import Broken, Busy, Denied, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.sources.reads import AT_ONCE, Reads

Answer = float | SourceError | None


def now() -> float:
    return asyncio.get_running_loop().time()


class Server:
    """Something to be read: notes when each read began, and answers as told, `took` seconds later."""

    def __init__(self) -> None:
        self.began: list[tuple[float, Hashable]] = []
        self.at_once: list[int] = []
        self.failures: list[tuple[Hashable, SourceError]] = []
        self.answers = 0
        self.when_failed: Callable[[], None] = lambda: None
        self.reads = Reads(Random(1), failed=self._failed, answered=self._count)
        self._open = 0

    def _failed(self, key: Hashable, error: SourceError) -> None:
        self.failures.append((key, error))
        self.when_failed()

    def _count(self) -> None:
        self.answers += 1

    def job(self, key: Hashable, *answers: Answer, took: float = 0.0) -> Callable[[], Awaitable[float | None]]:
        left = list(answers)

        async def read() -> float | None:
            self.began.append((now(), key))
            self._open += 1
            self.at_once.append(self._open)
            try:
                await asyncio.sleep(took)
            finally:
                self._open -= 1
            answer = left.pop(0) if len(left) > 1 else (left[0] if left else None)
            if isinstance(answer, SourceError):
                raise answer
            return answer

        return read

    def times(self, key: Hashable) -> list[float]:
        """Seconds from the first read of `key` to each."""
        times = [at for at, other in self.began if other == key]
        return [round(at - times[0], 3) for at in times]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.reads.run())
        try:
            yield
        finally:
            if not task.done():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def server() -> Server:
    return Server()


async def test_when_it_is_due_and_not_before(server: Server) -> None:
    begin = now()
    server.reads.want("a", server.job("a"), at=begin + 5)
    async with server.reading():
        await asyncio.sleep(20)
    assert [at for at, _ in server.began] == [pytest.approx(begin + 5)]
    assert server.answers == 1


async def test_a_job_says_when_it_is_due_again(server: Server) -> None:
    begin = now()
    server.reads.want("a", server.job("a", begin + 3, begin + 10, None), at=begin)
    async with server.reading():
        await asyncio.sleep(60)
    assert server.times("a") == [0, 3, 10]


async def test_what_is_planned_stays_planned_unless_it_is_wanted_sooner(server: Server) -> None:
    begin = now()
    for at, sooner in ((10, False), (5, False), (7, True), (9, True)):
        server.reads.want("a", server.job("a"), at=begin + at, sooner=sooner)
    async with server.reading():
        await asyncio.sleep(60)
    assert [at for at, _ in server.began] == [pytest.approx(begin + 7)]


async def test_so_many_at_once_and_the_urgent_first(server: Server) -> None:
    begin = now()
    for number in range(12):
        server.reads.want(number, server.job(number, took=1.0), at=begin, priority=number % 3)
    async with server.reading():
        await asyncio.sleep(60)
    assert max(server.at_once) == AT_ONCE
    assert [int(str(key)) % 3 for _, key in server.began] == [0] * 4 + [1] * 4 + [2] * 4


async def test_wanted_while_it_is_read_it_is_read_once_more(server: Server) -> None:
    begin = now()
    job = server.job("a", None, took=2.0)
    server.reads.want("a", job, at=begin)
    async with server.reading():
        await asyncio.sleep(1)
        server.reads.want("a", job, at=begin)
        await asyncio.sleep(10)
        assert server.times("a") == [0]
        server.reads.want("a", job, at=begin)
        await asyncio.sleep(1)
        server.reads.want("a", job, at=begin, sooner=True)
        server.reads.want("a", job, at=begin, sooner=True)
        await asyncio.sleep(60)
    assert len(server.began) == 3


async def test_what_is_dropped_is_not_read(server: Server) -> None:
    server.reads.want("a", server.job("a"), at=now() + 5)
    async with server.reading():
        server.reads.drop("a")
        await asyncio.sleep(60)
    assert server.began == []


async def test_a_failed_read_is_repeated_soon_and_then_ever_less_often(server: Server) -> None:
    server.reads.want("a", server.job("a", Broken("502")), at=now())
    async with server.reading():
        await asyncio.sleep(300)
    times = server.times("a")
    pauses = [after - before for before, after in pairwise(times)]
    assert all(0.5 <= pause <= 2.1 for pause in pauses[:4])
    assert 20 <= pauses[-1] <= 30.1
    assert len(times) < 25


async def test_after_a_success_the_pauses_begin_anew(server: Server) -> None:
    begin = now()
    answers: list[Answer] = [*(Unreachable("gone") for _ in range(8)), begin + 200, Unreachable("gone")]
    server.reads.want("a", server.job("a", *answers), at=begin)
    async with server.reading():
        await asyncio.sleep(201.7)
    times = [at for at in server.times("a") if at > 199]
    assert times[0] == pytest.approx(200)
    assert 200.5 <= times[1] <= 201.5


async def test_a_server_that_is_away_for_days_is_still_asked(server: Server) -> None:
    server.reads.want("a", server.job("a", Unreachable("gone")), at=now())
    async with server.reading():
        await asyncio.sleep(86_400)
    assert server.times("a")[-1] > 86_300


async def test_a_no_is_not_asked_again_in_a_hurry_and_less_and_less(server: Server) -> None:
    server.reads.want("a", server.job("a", Denied("404", 404)), at=now())
    async with server.reading():
        await asyncio.sleep(1000)
    times = server.times("a")
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] == pytest.approx(10, abs=0.1)
    assert pauses[-1] == pytest.approx(60, abs=0.1)


async def test_after_a_refused_token_whoever_hears_of_it_can_hold_all_back(server: Server) -> None:
    server.when_failed = server.reads.hold
    server.reads.want("a", server.job("a", Unauthorized("401"), None), at=now())
    server.reads.want("b", server.job("b"), at=now() + 1)
    async with server.reading():
        await asyncio.sleep(1000)
        assert [key for _, key in server.began] == ["a"]
        server.reads.go_on()
        await asyncio.sleep(1)
    assert [key for _, key in server.began] == ["a", "b", "a"]
    assert [str(error) for _, error in server.failures] == ["401"]


async def test_what_is_held_back_waits_until_it_may_go_on(server: Server) -> None:
    begin = now()
    async with server.reading():
        server.reads.hold()
        server.reads.want("a", server.job("a"), at=begin)
        await asyncio.sleep(100)
        assert server.began == []
        server.reads.go_on()
        await asyncio.sleep(1)
    assert [at for at, _ in server.began] == [pytest.approx(begin + 100)]


async def test_a_server_that_asks_for_a_pause_gets_it_from_all(server: Server) -> None:
    begin = now()
    server.reads.want("a", server.job("a", Busy("429", 7), None), at=begin)
    server.reads.want("b", server.job("b"), at=begin + 1)
    async with server.reading():
        await asyncio.sleep(60)
    assert [(round(at - begin), key) for at, key in server.began] == [(0, "a"), (7, "b"), (7, "a")]


async def test_a_gateway_that_says_when_is_believed(server: Server) -> None:
    error = Broken("503")
    error.retry_after = 15
    server.reads.want("a", server.job("a", error, None), at=now())
    async with server.reading():
        await asyncio.sleep(60)
    assert server.times("a") == [0, pytest.approx(15)]


async def test_a_bug_in_a_read_does_not_stay_unseen(server: Server) -> None:
    async def read() -> float | None:
        raise ZeroDivisionError

    async def run() -> None:
        async with server.reading():
            await asyncio.sleep(5)

    server.reads.want("a", read, at=now())
    with pytest.raises(BaseExceptionGroup) as caught:
        await run()
    assert caught.group_contains(ZeroDivisionError)


async def test_nothing_is_left_behind_when_it_is_cancelled(server: Server) -> None:
    server.reads.want("a", server.job("a", took=1000), at=now())
    async with server.reading():
        await asyncio.sleep(1)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_before_the_first_answer_one_asks_for_all(server: Server) -> None:
    begin = now()
    for number in range(3):
        server.reads.want(number, server.job(number, took=1.0), at=begin, priority=number)
    async with server.reading():
        await asyncio.sleep(60)
    assert [round(at - begin, 3) for at, _ in server.began] == [0, 1, 1]


@pytest.mark.parametrize("error", [Unreachable("away"), Stranger("a page")])
async def test_while_nothing_answers_one_asks_for_all(server: Server, error: SourceError) -> None:
    begin = now()
    server.reads.want("list", server.job("list", error, error, error, None), at=begin, priority=0)
    server.reads.want("user", server.job("user"), at=begin)
    server.reads.want("other", server.job("other"), at=begin)
    async with server.reading():
        await asyncio.sleep(60)
    assert [key for _, key in server.began] == ["list"] * 4 + ["user", "other"]
    assert server.times("user") == server.times("other")
    assert not server.reads.away


async def test_one_that_hangs_among_others_that_answer_holds_nobody_up(server: Server) -> None:
    begin = now()
    server.reads.want("hangs", server.job("hangs", Unreachable("too long"), took=30.0), at=begin + 1)
    server.reads.want("list", server.job("list", *(begin + 10 * at for at in range(1, 20))), at=begin, priority=0)
    async with server.reading():
        await asyncio.sleep(120)
    assert server.times("list") == [10.0 * at for at in range(13)][: len(server.times("list"))]
    assert len(server.times("list")) >= 12


async def test_a_server_that_is_there_again_is_asked_at_once(server: Server) -> None:
    begin = now()
    server.reads.want("list", server.job("list", *[Unreachable("away")] * 8, None), at=begin)
    async with server.reading():
        await asyncio.sleep(40)
        asked = now()
        server.reads.is_there()
        server.reads.want("list", server.job("list"), at=asked, sooner=True)
        await asyncio.sleep(1)
    assert any(at == pytest.approx(asked) for at, _ in server.began)


async def test_a_read_dropped_in_the_moment_in_which_it_is_begun_harms_nothing() -> None:
    server = Server()
    async with asyncio.TaskGroup() as group:
        server.reads.want("a", server.job("a"), at=0.0)
        server.reads._start(now(), group)
        server.reads.drop("a")
    assert server.times("a")
