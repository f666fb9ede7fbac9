"""An HTTP protocol for uvicorn that reads only so much of a request's head: httptools itself would read on for ever."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64_000
"""Bytes of the address and the headers of a request; nginx takes 32,000."""


class BoundedHeads(HttpToolsProtocol):
    """Answers 400 to a head that is too long, and hangs up."""

    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Count what comes while a head is read, then read it."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_headers_complete(self) -> None:
        """Begin with the body."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the next head."""
        self._in_head, self._head = True, 0
        super().on_message_complete()
