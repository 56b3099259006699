"""Asks one server for pages over a few kept connections for a fixed time; a process of its own, loopback only.

``python -m tests.bench.load`` reads {"port", "seconds", "connections", "cookie", "paths"} as JSON from standard input and
writes {"pages", "seconds", "statuses", "ms": [...]} to standard output. One thread and plain sockets: the asking must cost as
little as it can, because it shares the machine with the server.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

LONGEST_SECONDS = 120.0
MOST_PAGES = 1_000_000
PAGES_PER_LINE = 20  # then a new one, as people come and go: lines without end may all lie with one process, and the other idles


@dataclass
class Line:
    """One kept connection and the answer that is coming in."""

    port: int
    socket: socket.socket = field(init=False)
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    asked: int = 0  # pages over this line
    wanted: int = -1  # bytes of the whole answer, -1 until its head is there

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        self.asked = 0
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> None:
        self.received.clear()
        self.wanted = -1
        self.asked += 1
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bool:
        """Take what has arrived; True when the answer is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed the connection within an answer")
        self.received += part
        if self.wanted < 0:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.received[:end]).lower()
            place = head.index(b"content-length:") + 15
            self.wanted = end + 4 + int(head[place : head.find(b"\r\n", place) if b"\r\n" in head[place:] else len(head)])
        return len(self.received) >= self.wanted

    @property
    def status(self) -> str:
        return self.received[9:12].decode()

    @property
    def closes(self) -> bool:
        return b"connection: close" in bytes(self.received[:2000]).lower()


def run(port: int, seconds: float, connections: int, paths: list[str], cookie: str = "") -> dict[str, object]:
    """Ask for the paths in turn; what is under way when the time is over is still waited for."""
    cookies = f"Cookie: {cookie}\r\n" if cookie else ""
    requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n{cookies}\r\n".encode() for path in paths]
    lines = [Line(port) for _ in range(connections)]
    statuses: dict[str, int] = {}
    times: list[float] = []
    turn = 0
    with selectors.DefaultSelector() as waiting:
        started = time.perf_counter()
        ends = started + min(seconds, LONGEST_SECONDS)
        for line in lines:
            waiting.register(line.socket, selectors.EVENT_READ, line)
            line.ask(requests[turn % len(requests)])
            turn += 1
        open_lines = len(lines)
        while open_lines:
            ready = waiting.select(timeout=30)
            if not ready:
                raise TimeoutError("no answer within 30 s")
            for key, _ in ready:
                line = key.data
                if not line.take():
                    continue
                now = time.perf_counter()
                times.append(now - line.sent_at)
                statuses[line.status] = statuses.get(line.status, 0) + 1
                if line.closes or line.asked >= PAGES_PER_LINE:  # or the server renews its processes after so many requests
                    waiting.unregister(line.socket)
                    line.socket.close()
                    line.connect()
                    waiting.register(line.socket, selectors.EVENT_READ, line)
                if now >= ends or len(times) >= MOST_PAGES:
                    waiting.unregister(line.socket)
                    line.socket.close()
                    open_lines -= 1
                    continue
                line.ask(requests[turn % len(requests)])
                turn += 1
        spent = time.perf_counter() - started
    return {"pages": len(times), "seconds": spent, "statuses": statuses, "ms": [round(one * 1000, 2) for one in times]}


if __name__ == "__main__":
    json.dump(run(**json.load(sys.stdin)), sys.stdout)
