"""The request of this application: what it opened is closed when it ends, also when it broke off."""

from __future__ import annotations

from functools import cached_property
from typing import IO, Any

from flask import Request


class ClosingRequest(Request):
    """Closes the uploaded files of a form that was never read to its end: the framework closes those of whole forms only."""

    @cached_property
    def _uploads(self) -> list[IO[bytes]]:
        return []

    def _get_file_stream(self, *described: Any, **also: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*described, **also)
        self._uploads.append(stream)
        return stream

    def close(self) -> None:
        super().close()
        for stream in self._uploads:
            stream.close()
