"""A step's output as it comes: the supervisor keeps it in a file, the job's log wants it at once."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_PAUSE_SECONDS = 0.1
_CHUNK = 2**16


class Following:
    """Copies what a file gains to a stream, until its context ends; what is there then comes too."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path, self.stream = path, stream
        self.position = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._end.wait(_PAUSE_SECONDS):
            self._copy()
        self._copy()

    def _copy(self) -> None:
        """Copy what is new. A file that has become shorter was cut down by the supervisor: its end was shown."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            size = self.path.stat().st_size
            if size < self.position:
                self.position = size
            file.seek(self.position)
            while chunk := file.read(_CHUNK):
                self.stream.write(chunk)
                self.position += len(chunk)
        self.stream.flush()
