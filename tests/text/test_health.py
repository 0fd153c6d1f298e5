"""Repetition, loops, lengths; and values that an answer made up."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sweep.text.health import is_japanese, is_loop, is_over_long, len_ratio, rep_n
from sweep.text.unsupported import unsupported


def test_rep_n_by_hand() -> None:
    assert rep_n("a b c d a b c d") == pytest.approx(1 - 4 / 5)  # five word 4-grams, four of them different
    assert rep_n("東京都港区六本東京都港区六本") == pytest.approx(0.0)  # seven different character 8-grams
    assert rep_n("東京都港区六本木東京都港区六本木") == pytest.approx(1 - 8 / 9)
    assert rep_n("a b c") == rep_n("") == 0.0
    assert rep_n("a a a", n=1) == pytest.approx(2 / 3)


def test_language() -> None:
    assert is_japanese("社長はKenji Tanakaです")
    assert not is_japanese("The head office is in 東京.")
    assert not is_japanese("1234")


@pytest.mark.parametrize(
    "text",
    [
        "東京都港区にあります。東京都港区にあります。",
        "The CEO is Aya. The CEO is Aya.",
        "はははははははははははははははは",
        "abcdefgh" * 3,
    ],
)
def test_loop(text: str) -> None:
    assert is_loop(text)


@pytest.mark.parametrize(
    "text", ["", "東京都港区です。", "The CEO is Aya. The CTO is Ken.", "はい、はい", "1000000", "abcdefg" * 2]
)
def test_no_loop(text: str) -> None:
    assert not is_loop(text)


@given(st.text(alphabet="abcdefghijklmnop東京都港区六本木", min_size=8, max_size=120))
def test_any_block_said_twice_is_a_loop(block: str) -> None:
    assert is_loop(block + block)


def test_lengths() -> None:
    assert len_ratio("abcd", "a, b") == 2.0
    assert len_ratio("abcd", "") is None
    assert is_over_long("x" * 31, "x" * 10)
    assert not is_over_long("x" * 30, "x" * 10)  # gold + 20
    assert is_over_long("x" * 81, "x" * 40)
    assert not is_over_long("x" * 80, "x" * 40)  # 2 gold
    assert not is_over_long("x" * 1000, "")


KNOWN = (
    "Larkspur was founded by Kenji Tanaka on March 5, 2019 in Kyoto. Its 13 floors hold 1,250 people. "
    "See https://www.larkspur.example.com/about, mail info@larkspur.co.jp or call 03-1234-5678.",
    "ラークスパー株式会社の社長は田中健二氏です。従業員は1,250人、本社は13階にあります。",
)

INVENTED = [
    ("It was founded on March 6, 2019.", ["2019-03-06"]),
    ("It was founded in March 2018.", ["2018-03"]),
    ("平成30年設立です。", ["2018"]),
    ("3月6日です。", ["03-06"]),
    ("It has 14 floors.", ["14"]),
    ("It has 1,251 people.", ["1251"]),
    ("The CEO is Kenji Sato.", ["Kenji Sato"]),
    ("Hiroshi Abe is the CEO.", ["Hiroshi Abe"]),
    ("It is in Osaka, near Kobe.", ["Osaka", "Kobe"]),
    ("CEO: Yamada", ["Yamada"]),
    ("Larkspur's partner is Heath Corp.", ["Heath"]),
    ("See https://larkspur.com/jobs.", ["https://larkspur.com/jobs"]),
    ("See www.heath.co.jp", ["www.heath.co.jp"]),
    ("Mail sales@larkspur.co.jp!", ["sales@larkspur.co.jp"]),
    ("Call 03-1234-5679.", ["03-1234-5679"]),
    ("電話は(06)1234-5678です。", ["(06)1234-5678"]),
    ("社長は佐藤一郎氏です。", ["佐藤一郎"]),
    ("代表取締役山本さんです。", ["山本"]),
    ("株式会社ヒースの子会社です。", ["ヒース"]),
    ("ヒース社と田中健二氏です。", ["ヒース"]),
    ("社長はHiroshi Abeです。", ["Hiroshi Abe"]),
]

SUPPORTED = [
    "Larkspur was founded on 5 March 2019.",
    "Founded in 2019, in March, on March 5.",
    "2019年3月5日、平成31年設立です。",
    "It has 1250 people on 13 floors.",
    "従業員は1250名です。",
    "十三階です。",
    "Mr. Tanaka is the CEO. Kenji leads it.",
    "The Chief Executive Officer is Tanaka.",
    "Yes, Kenji Tanaka's office is in Kyoto on Monday.",
    "KENJI TANAKA",
    "Two people are Tanakas",
    "See larkspur.example.com or http://larkspur.example.com/about/.",
    "Call +81 3-1234-5678 or (03) 1234 5678.",
    "Mail INFO@larkspur.co.jp.",
    "1. Kyoto\n2. Larkspur",
    "社長の田中さん、田中健二様、ラークスパー社です。",
    "お客様や皆様、社員さんのための製品仕様は同様です。",
    "理由の一つは二つあります。",
    "I'm sure it's in Kyoto. However, I'd ask.",
    "CEO: the person named Tanaka",
    "",
]


@pytest.mark.parametrize(("answer", "invented"), INVENTED)
def test_invented_values_are_named(answer: str, invented: list[str]) -> None:
    assert list(unsupported(answer, KNOWN)) == invented


@pytest.mark.parametrize("answer", SUPPORTED)
def test_known_values_raise_no_alarm(answer: str) -> None:
    assert unsupported(answer, KNOWN) == ()


def test_a_number_counts_the_same_thing_in_japanese() -> None:
    assert unsupported("13人です。", ["本社は13階にあります。"]) == ("13人",)
    assert unsupported("13人です。", ["本社は13階、13名です。"]) == ()
    assert unsupported("13人です。", ["There are 13 of them."]) == ()


def test_kinds_stand_in_order_and_each_once() -> None:
    answer = "It moved to Osaka in 2021 with 77 people in Osaka: https://heath.jp"
    assert unsupported(answer, KNOWN) == ("https://heath.jp", "2021", "77", "Osaka")


@given(st.sampled_from(INVENTED))
def test_what_is_known_is_never_invented(case: tuple[str, list[str]]) -> None:
    assert unsupported(case[0], (*KNOWN, case[0])) == ()


@example(";AaA0")
@given(st.text(max_size=80))
def test_any_text_supports_itself(text: str) -> None:
    assert unsupported(text, (text,)) == ()
