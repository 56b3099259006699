"""A mail server on loopback that speaks just enough SMTP, in place of the one outside."""

from __future__ import annotations

import socket
import threading
import time
from email import message_from_bytes, policy
from email.message import EmailMessage


class FakeServer:
    """Takes mails and keeps them. ``answers`` replaces the answer to a word (for example {"RCPT": "550 no such user"})."""

    def __init__(self, *, answers: dict[str, str] | None = None, delay: float = 0.0, greets: bool = True) -> None:
        self.answers, self.delay, self.greets = answers or {}, delay, greets
        self.mails: list[EmailMessage] = []
        self.words: list[str] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._door.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._welcome, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        if self._door.fileno() < 0:
            return
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in self._threads:
            thread.join(5)

    def _welcome(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            talk = threading.Thread(target=self._talk, args=(line,), daemon=True)
            self._threads.append(talk)
            talk.start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rwb") as talk:

            def say(words: str) -> None:
                talk.write(words.encode() + b"\r\n")
                talk.flush()

            if not self.greets:
                return
            say("220 fake")
            for heard in talk:
                word = heard.decode().split()[0].upper()
                self.words.append(word)
                if word == "DATA" and word not in self.answers:
                    say("354 go on")
                    body = []
                    for part in talk:
                        if part == b".\r\n":
                            break
                        body.append(part[1:] if part.startswith(b"..") else part)
                    time.sleep(self.delay)
                    self.mails.append(message_from_bytes(b"".join(body), policy=policy.default))
                    say(self.answers.get("END", "250 taken"))
                elif word == "QUIT":
                    say("221 bye")
                    return
                else:
                    say(self.answers.get(word, "250 fine"))
