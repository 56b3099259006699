"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket

# Below the range from which the system takes ports for outgoing connections (32768 and up): nobody is given one of these
# by chance between our look and the start of the server.
_RANGE = range(18_000, 30_000)


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    for port in random.sample(_RANGE, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port among 200")
