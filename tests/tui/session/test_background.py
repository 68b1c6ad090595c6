"""The background thread: in order, with one BLAS thread, and quiet once it is closed."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_info

from tui.session.background import BackgroundThread
from tui.session.run_state import RunState


async def test_work_is_done_in_order_in_one_thread_apart(background: BackgroundThread) -> None:
    done: list[tuple[int, str]] = []
    await asyncio.gather(
        *(background.run(lambda n=n: done.append((n, threading.current_thread().name))) for n in range(5))  # type: ignore[misc]
    )
    assert [number for number, _name in done] == list(range(5))
    assert len({name for _number, name in done}) == 1
    assert done[0][1] != threading.current_thread().name


async def test_blas_has_one_thread_there(background: BackgroundThread) -> None:
    import numpy  # noqa: F401 (its BLAS is what is asked for)

    pools = await background.run(threadpool_info)
    assert {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"} == {1}


async def test_others_have_their_turn_between_two_parts(background: BackgroundThread) -> None:
    order: list[str] = []

    def parts() -> Iterator[int]:
        for number in range(3):
            order.append(f"part {number}")
            yield number

    async for number in background.parts(parts):
        if number == 0:
            await background.run(lambda: order.append("other"))
    assert order == ["part 0", "other", "part 1", "part 2"]


async def test_the_data_are_loaded_once(background: BackgroundThread) -> None:
    first, second = await background.dataset(RunState()), await background.dataset(RunState())
    assert first is second


async def test_whoever_asks_when_it_is_closed_is_told_to_stop(background: BackgroundThread) -> None:
    background.close()
    with pytest.raises(asyncio.CancelledError):
        await background.run(lambda: 1)
