"""A judge of the test's own: a real HTTP server on this machine that replies as it is told."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Replies = Callable[[str], Any]  # message -> text of the reply, or (state, headers, body)


@dataclass
class Judge:
    """What was asked of a server that runs."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)  # bodies
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def parts(message: str) -> dict[str, str]:
    """question, gold and answer of a message."""
    return dict(re.findall(r"<(question|gold|answer)>\n(.*?)\n</\1>", message, re.DOTALL))


def same_text(message: str) -> str:
    """A judge that calls right what holds the gold answer, letter for letter."""
    told = parts(message)
    return "CORRECT" if told["gold"] in told["answer"] else "Incorrect. It is another."


@contextmanager
def serving(replies: Replies = same_text) -> Iterator[Judge]:
    """A server until the end of the block."""
    judge = Judge("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                judge.asked.append(body)
                judge.headers.append(dict(self.headers))
                judge.paths.append(self.path)
            told = replies(body["messages"][0]["content"])
            content = {"choices": [{"message": {"role": "assistant", "content": told}}]}
            state, headers, text = told if isinstance(told, tuple) else (200, {}, json.dumps(content))
            self.send_response(state)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    judge.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield judge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def dead() -> str:
    """The address of a port at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}/v1"
