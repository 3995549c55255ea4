from __future__ import annotations

import os
import threading
import time

import pytest

from covpath.errors import CovpathError, InputError, OutsideError, Place
from covpath.outside import workers
from covpath.outside.workers import beside, in_processes, processors


def test_nothing_and_one_thing_need_no_process() -> None:
    assert in_processes(lambda item: item, []) == []
    assert in_processes(lambda _: os.getpid(), [1]) == [os.getpid()]


def test_results_come_in_the_order_of_the_items() -> None:
    assert in_processes(lambda item: item * item, range(7)) == [0, 1, 4, 9, 16, 25, 36]


@pytest.mark.skipif(threading.active_count() > 1 or not hasattr(os, "fork"), reason="NO FORK: threads run here")
def test_each_item_has_a_process_of_its_own_where_none_is_done_before() -> None:
    def where(_: int) -> int:
        time.sleep(0.3)
        return os.getpid()

    found = in_processes(where, [1, 2, 3])
    assert os.getpid() in found
    assert len(set(found)) == 3


@pytest.mark.skipif(threading.active_count() > 1 or not hasattr(os, "fork"), reason="NO FORK: threads run here")
def test_who_is_done_takes_the_next_item() -> None:
    def where(seconds: float) -> int:
        time.sleep(seconds)
        return os.getpid()

    found = in_processes(where, [1.0, *[0.01] * 20], count=2)
    assert len(set(found)) == 2
    assert found[0] not in found[1:]


def test_large_results_come_back_whole() -> None:
    assert [len(text) for text in in_processes(lambda item: "x" * item, [10, 5_000_000])] == [10, 5_000_000]


def fails(item: int) -> int:
    if item == 2:
        raise InputError("is wrong.", place=Place("x.yml", 3, 4), hint="Mend it.")
    return item


@pytest.mark.parametrize("items", [[2, 1], [1, 2]])
def test_what_it_raises_is_raised_with_its_place(items: list[int]) -> None:
    with pytest.raises(CovpathError) as raised:
        in_processes(fails, items)
    assert (str(raised.value.place), raised.value.hint) == ("x.yml:3:4", "Mend it.")


@pytest.mark.skipif(threading.active_count() > 1 or not hasattr(os, "fork"), reason="NO FORK: threads run here")
def test_a_process_that_dies_is_told_and_no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    here, fork = os.getpid(), os.fork
    made: list[int] = []

    def forked() -> int:
        made.append(fork())
        return made[-1]

    def dies(item: int) -> int:
        if os.getpid() != here:
            os._exit(1)
        time.sleep(0.5)  # long enough for the other process to take an item
        return item

    monkeypatch.setattr("os.fork", forked)
    with pytest.raises(OutsideError, match="ended without a result"):
        in_processes(dies, [0, 1])
    assert len(made) == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(made[0], os.WNOHANG)


@pytest.mark.skipif(threading.active_count() > 1 or not hasattr(os, "fork"), reason="NO FORK: threads run here")
def test_an_interrupt_ends_the_others_at_once() -> None:
    here = os.getpid()

    def interrupted(_: int) -> None:
        if os.getpid() == here:
            raise KeyboardInterrupt
        time.sleep(60)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_processes(interrupted, [0, 1])
    assert time.monotonic() - started < 20


def test_there_is_a_processor() -> None:
    assert processors() >= 1


@pytest.mark.skipif(threading.active_count() > 1 or not hasattr(os, "fork"), reason="NO FORK: threads run here")
def test_work_is_done_beside_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "processors", lambda: 2)
    with beside(lambda item: (item, os.getpid()), "a") as result:
        item, process = result()
    assert item == "a"
    assert process != os.getpid()


def test_with_one_processor_it_is_done_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "processors", lambda: 1)
    done: list[str] = []
    with beside(done.append, "a") as result:
        assert done == []
        result()
    assert done == ["a"]


@pytest.mark.parametrize("count", [1, 2])
def test_what_it_raises_is_raised_where_its_result_is_asked_for(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(workers, "processors", lambda: count)
    with pytest.raises(InputError, match=r"is wrong") as raised, beside(fails, 2) as result:
        result()
    assert str(raised.value.place) == "x.yml:3:4"


@pytest.mark.parametrize("count", [1, 2])
def test_it_does_not_outlive_what_goes_wrong_beside_it(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(workers, "processors", lambda: count)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), beside(time.sleep, 60):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 30
