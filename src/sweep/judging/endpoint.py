"""An OpenAI-compatible server, asked one message at a time: POST <url>/chat/completions, temperature 0.

The key goes into the header of these requests and nowhere else: no redirect is followed, and no message shows it.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sweep.config import JudgeConfig
from sweep.errors import JudgeFault

PAUSE = 0.5  # seconds before the second attempt; twice as long before each further one
LONGEST_PAUSE = 30.0  # seconds, whatever a server asks for
TOO_MANY, BROKEN = 429, 500  # states of HTTP after which another attempt may succeed; 500 and above
SHOWN = 200  # characters of what a server says


class _NoRedirect(HTTPRedirectHandler):
    """Another address would get the key and the company's questions."""

    def redirect_request(self, *args: Any) -> None:
        return None


@dataclass(frozen=True)
class Endpoint:
    """A server and the model on it."""

    config: JudgeConfig
    key: str | None = field(repr=False)  # None: the server is asked without one
    pause: float = PAUSE

    @classmethod
    def of(cls, config: JudgeConfig) -> Endpoint:
        """With the key from the environment. Raises: JudgeFault for one that no header can hold."""
        key = os.environ.get(config.key_env, "").strip()
        if not key.isascii() or any(letter.isspace() for letter in key):
            raise JudgeFault(
                f"{config.key_env}: got a key with spaces or letters beyond ASCII, expected one that a header can hold"
            )
        return cls(config, key or None)

    def replies(self, messages: Sequence[str]) -> Iterator[str | None]:
        """What is replied to each, in their order; None where the reply is none of this protocol.

        Raises: JudgeFault where the server is not there, or refuses.
        """
        with ThreadPoolExecutor(self.config.parallel) as pool:
            yield from pool.map(self.reply, messages)

    def reply(self, message: str) -> str | None:
        """One of these; a busy or broken server is asked again, a bounded number of times."""
        said, attempts = "", self.config.retries + 1
        for attempt in range(attempts):
            wait = self.pause * 2**attempt
            try:
                return _content(self._post(message))
            except HTTPError as error:
                said = f"answers {error.code} {error.reason} {self._shown(error)}".rstrip()
                if error.code != TOO_MANY and error.code < BROKEN:
                    raise self._fault(said) from None
                wait = _asked_for(error) or wait
            except (OSError, http.client.HTTPException) as error:
                said = f"does not answer ({getattr(error, 'reason', None) or error or type(error).__name__})"
            if attempt + 1 < attempts:
                time.sleep(min(wait, LONGEST_PAUSE))
        raise self._fault(f"{said}; tried {attempts} times")

    def _post(self, message: str) -> bytes:
        body = {"model": self.config.model, "temperature": 0, "messages": [{"role": "user", "content": message}]}
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        where = f"{(self.config.url or '').rstrip('/')}/chat/completions"
        request = Request(where, json.dumps(body).encode(), headers, method="POST")
        with build_opener(_NoRedirect).open(request, timeout=self.config.timeout) as response:
            content: bytes = response.read()
            return content

    def _fault(self, said: str) -> JudgeFault:
        named = (
            f"a key was sent, from {self.config.key_env}" if self.key else f"no key was sent: {self.config.key_env} is not set"
        )
        return JudgeFault(f"evaluation.judge.url: {self.config.url} {said}; {named}")

    def _shown(self, error: HTTPError) -> str:
        """The beginning of what a server says, without the key that some repeat."""
        said = " ".join(error.read(SHOWN * 4).decode(errors="replace").split())
        return (said.replace(self.key, "***") if self.key else said)[:SHOWN]


def _content(body: bytes) -> str | None:
    try:
        found = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _asked_for(error: HTTPError) -> float | None:
    """Seconds that a server asks to be left alone; some name a date, which is not read."""
    seconds = error.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else None
