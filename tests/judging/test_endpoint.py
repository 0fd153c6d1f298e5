"""Asking a judge over real HTTP: what is sent, what is tried again, and what ends it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.judging.server import Replies, dead, serving

from sweep.config import JudgeConfig
from sweep.errors import JudgeFault
from sweep.judging.endpoint import Endpoint

KEY = "sk-test-5512"


def endpoint(url: str, key: str | None = KEY, **changes: Any) -> Endpoint:
    fields = {"questions": None, "timeout": 5.0, "retries": 2, "parallel": 2, **changes}
    return Endpoint(JudgeConfig(url, "grader", "JUDGE_KEY", **fields), key, pause=0.001)


def in_turn(*replies: Any) -> Replies:
    """One reply after the other, whatever is asked; the last one again and again."""
    left = list(replies)
    return lambda message: left.pop(0) if len(left) > 1 else left[0]


def test_a_message_is_sent_with_the_key_in_its_header_at_temperature_0() -> None:
    with serving(in_turn("CORRECT")) as judge:
        assert endpoint(judge.url + "/").reply("a question") == "CORRECT"
        assert judge.paths == ["/v1/chat/completions"]
        assert judge.headers[0]["Authorization"] == f"Bearer {KEY}"
        assert judge.asked == [{"model": "grader", "temperature": 0, "messages": [{"role": "user", "content": "a question"}]}]
        endpoint(judge.url, key=None).reply("a question")
        assert "Authorization" not in judge.headers[1]


def test_replies_come_in_the_order_of_the_messages() -> None:
    with serving(lambda message: message.upper()) as judge:
        assert list(endpoint(judge.url, parallel=3).replies(["a", "b", "c", "d", "e"])) == ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize("first", [(429, {"Retry-After": "0"}, "slow down"), (503, {}, "")])
def test_a_busy_or_broken_server_is_asked_again(first: tuple[int, dict[str, str], str]) -> None:
    with serving(in_turn(first, "PARTIAL")) as judge:
        assert endpoint(judge.url).reply("q") == "PARTIAL"
        assert len(judge.asked) == 2


def test_a_server_that_stays_busy_ends_it_after_so_many_attempts() -> None:
    with serving(in_turn((429, {}, "slow down"))) as judge:
        with pytest.raises(JudgeFault, match=r"answers 429 Too Many Requests slow down; tried 3 times"):
            endpoint(judge.url).reply("q")
        assert len(judge.asked) == 3


def test_a_refusal_is_final_and_shows_no_key() -> None:
    with serving(in_turn((401, {}, f"wrong key {KEY}"))) as judge:
        with pytest.raises(JudgeFault, match=r"answers 401 Unauthorized wrong key \*\*\*; a key was sent, from JUDGE_KEY"):
            endpoint(judge.url).reply("q")
        with pytest.raises(JudgeFault, match="no key was sent: JUDGE_KEY is not set"):
            endpoint(judge.url, key=None).reply("q")
        assert len(judge.asked) == 2
        assert KEY not in repr(endpoint(judge.url))


def test_a_redirect_gets_neither_key_nor_question() -> None:
    with serving() as other, serving(in_turn((307, {"Location": f"{other.url}/chat/completions"}, ""))) as judge:
        with pytest.raises(JudgeFault, match="answers 307"):
            endpoint(judge.url).reply("q")
        assert other.asked == []


@pytest.mark.parametrize("body", ["<html>", "{}", '{"choices": []}', '{"choices": [{"message": {"content": null}}]}', "[1]"])
def test_a_reply_of_another_protocol_is_none(body: str) -> None:
    with serving(in_turn((200, {}, body))) as judge:
        assert endpoint(judge.url).reply("q") is None


def test_a_dead_port_and_a_server_that_says_nothing_are_told() -> None:
    with pytest.raises(JudgeFault, match=r"does not answer \(.*refused.*\); tried 3 times"):
        endpoint(dead()).reply("q")


def test_a_time_out_is_tried_again() -> None:
    asked_again, asked = threading.Event(), list[str]()

    def late(message: str) -> str:
        asked.append(message)
        if len(asked) == 1:
            asked_again.wait(60)
        else:
            asked_again.set()
        return "CORRECT"

    with serving(late) as judge:
        assert endpoint(judge.url, timeout=1.0, retries=9).reply("q") == "CORRECT"
        assert len(asked) > 1


@pytest.mark.parametrize("key", ["two words", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", key)
    with pytest.raises(JudgeFault) as caught:
        Endpoint.of(endpoint("http://localhost/v1").config)
    assert key not in str(caught.value)
    assert str(caught.value).startswith("JUDGE_KEY: got a key with spaces")
