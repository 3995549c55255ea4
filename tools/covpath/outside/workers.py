"""Work done by several processes at once, where the machine has them and the platform can fork."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from covpath.errors import OutsideError

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(work: Callable[[Item], Result], items: Sequence[Item], *, count: int | None = None) -> list[Result]:
    """``work`` on every item, in their order: by ``count`` processes (one an item), of which this is one.

    Each takes the next item when it is done with one, so that none waits long for another; at most 256
    items. Everything this process knows is known in the others, what they learn stays there but for
    their results, which must be picklable. Where processes cannot be forked, or threads would be
    torn apart by it, the items are worked on one after the other. What ``work`` raises is raised.
    """
    processes = min(len(items), count or len(items))
    if processes < 2 or not _can_fork():
        return [work(item) for item in items]
    turns, writing = os.pipe()
    os.write(writing, bytes(range(len(items))))
    os.close(writing)
    by_turns = partial(_by_turns, work, items)
    children: list[tuple[int, int]] = []
    try:
        for _ in range(processes - 1):
            children.append(_start(by_turns, turns))  # noqa: PERF401 - each is known as soon as it runs
        found = by_turns(turns)
        for _, pipe in children:
            found |= _result(pipe)
    except BaseException:
        for pid, _ in children:
            _stop(pid)
        raise
    finally:
        os.close(turns)
        for pid, pipe in children:
            os.close(pipe)
            _wait(pid)
    return [found[number] for number in range(len(items))]


@contextmanager
def beside(work: Callable[[Item], Result], item: Item) -> Iterator[Callable[[], Result]]:
    """``work`` on an item in a process beside this one; what is given waits for its result, or raises what it raised.

    Where a second process does not help or cannot be forked, the work is done when its result is asked for.
    """
    if processors() < 2 or not _can_fork():
        yield partial(work, item)
        return
    pid, pipe = _start(work, item)
    try:
        yield partial(_result, pipe)
    except BaseException:
        _stop(pid)
        raise
    finally:
        os.close(pipe)
        _wait(pid)


def _by_turns(work: Callable[[Item], Result], items: Sequence[Item], turns: int) -> dict[int, Result]:
    """What became of the items this process took, by their numbers."""
    found: dict[int, Result] = {}
    while number := os.read(turns, 1):
        found[number[0]] = work(items[number[0]])
    return found


def _can_fork() -> bool:
    # Imported here: a single item is worked on without asking.
    import threading

    return hasattr(os, "fork") and threading.active_count() == 1


def _start(work: Callable[[Item], Result], item: Item) -> tuple[int, int]:
    """A child that works on ``item``: its process id and the end of the pipe to read from."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    # In the child: whatever happens, it must not go on with what the parent was doing.
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_answer(work, item))
    finally:
        os._exit(0)


def _answer(work: Callable[[Item], Result], item: Item) -> bytes:
    import pickle

    try:
        return pickle.dumps((True, work(item)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        try:
            return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, TypeError, AttributeError):
            raise error from None


def _result(pipe: int) -> Any:
    import pickle

    pieces: list[bytes] = []
    while piece := os.read(pipe, 1 << 20):
        pieces.append(piece)
    if not pieces:
        raise OutsideError("a process that did a part of the work ended without a result.", hint="Try again.")
    done, value = pickle.loads(b"".join(pieces))  # noqa: S301 - written by our own child
    if not done:
        raise value
    return value


def _stop(pid: int) -> None:
    import signal

    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _wait(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return
