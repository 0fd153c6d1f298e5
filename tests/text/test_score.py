"""Grades of whole answers, in both languages: what is right in any form stays right, what is wrong in one digit never passes."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sweep.text.fallback import content_recall
from sweep.text.score import Grade, score

C, P, X, N = Grade.CORRECT, Grade.PARTIAL, Grade.INCORRECT, Grade.NOT_ATTEMPTED

DATE = [["March 5, 2019", "2019年3月5日"]]
CEO = [["Kenji Tanaka", "田中健二", "田中"]]
BOTH = [["Kenji Tanaka", "田中健二"], ["Aya Mori", "森彩"]]
FLOOR = [["3階", "third floor", "3F"]]
STAFF = [["1,250人", "1,250"]]
CITY = [["Kyoto", "京都"]]
CAPITAL = [["5億3000万円", "530 million yen"]]

CASES = [
    # a date that is right, however it is written
    ("March 5, 2019", DATE, [], C),
    ("It was founded on the 5th of March, 2019.", DATE, [], C),
    ("Founded 2019-03-05.", DATE, [], C),
    ("It was Tuesday, 5 March 2019", DATE, [], C),
    ("２０１９年３月５日です。", DATE, [], C),
    ("平成31年3月5日に設立されました。", DATE, [], C),
    ("二〇一九年三月五日", DATE, [], C),
    ("二千十九年三月五日", DATE, [], C),
    ("2019/3/5です", DATE, [], C),
    ("H31.3.5", DATE, [], C),
    ("2019年(平成31年)3月5日(火)", DATE, [], C),
    # a date that is wrong in one place
    ("March 6, 2019", DATE, [], X),
    ("March 15, 2019", DATE, [], X),
    ("5 May 2019", DATE, [], X),
    ("2018年3月5日", DATE, [], X),
    ("2019年3月25日", DATE, [], X),
    ("平成30年3月5日", DATE, [], X),
    ("2019-03-50", DATE, [], X),
    ("March 2019", DATE, [], X),
    ("5/3/2019", DATE, [], X),  # or 3 May
    ("It was March 5, 2019, or rather March 6, 2019.", DATE, ["March 6, 2019"], X),
    # names: the longest wins
    ("The CEO is Kenji Tanaka.", CEO, ["Aya Mori"], C),
    ("KENJI  TANAKA", CEO, [], C),
    ("社長は田中です。", CEO, ["田中山"], C),
    ("社長は田中山です。", CEO, ["田中山"], X),
    ("社長は森彩です。", CEO, ["森彩"], X),
    ("社長は田中健二と森彩です。", CEO, ["森彩"], X),
    ("Kenji Tanakas", CEO, [], X),
    ("Ken Tanaka", CEO, ["Ken Tanaka"], X),
    # several facts
    ("Kenji Tanaka and Aya Mori", BOTH, [], C),
    ("社長は田中健二、CTOは森彩です。", BOTH, [], C),
    ("Kenji Tanaka", BOTH, [], P),
    ("Kenji Tanaka and Ken Abe", BOTH, ["Ken Abe"], X),
    ("Aya Mori. I don't know the other.", BOTH, [], P),
    # numbers
    ("本社は3階です。", FLOOR, [], C),
    ("本社は三階です。", FLOOR, ["13階"], C),
    ("本社は13階です。", FLOOR, [], X),
    ("本社は十三階です。", FLOOR, [], X),
    ("It is on 3F.", FLOOR, [], C),
    ("1250人", STAFF, [], C),
    ("千二百五十名です", STAFF, [], C),
    ("1,250 people", STAFF, [], C),
    ("12,500 people", STAFF, [], X),
    ("1,250.5 people", STAFF, [], X),
    ("1251人", STAFF, [], X),
    ("資本金は五億三千万円です。", CAPITAL, [], C),
    ("5.3億円", CAPITAL, [], C),
    ("¥530,000,000", CAPITAL, [], C),
    ("530 million yen", CAPITAL, [], C),
    ("53 million yen", CAPITAL, [], X),
    ("5億300万円", CAPITAL, [], X),
    # denial
    ("No, it is not in Osaka; it is in Kyoto.", CITY, ["Osaka"], C),
    ("大阪ではなく京都です。", CITY, ["大阪"], C),
    ("京都ではなく大阪です。", CITY, ["大阪"], X),
    ("It is not Kyoto.", CITY, [], X),
    ("It is in Kyoto, not in Osaka.", CITY, ["Osaka"], C),
    ("Kyoto and Osaka", CITY, ["Osaka"], X),
    # no answer
    ("I don't know.", CITY, ["Osaka"], N),
    ("わかりません。", CITY, ["大阪"], N),
    ("", CITY, [], N),
    (" \n", CITY, [], N),
    ("I'm not sure, but perhaps Osaka.", CITY, ["Osaka"], X),
    ("I'm not sure, but I think Kyoto.", CITY, ["Osaka"], C),
    ("Somewhere nice.", CITY, ["Osaka"], X),
]


@pytest.mark.parametrize(("answer", "keys", "forbidden", "grade"), CASES)
def test_grade(answer: str, keys: list[list[str]], forbidden: list[str], grade: Grade) -> None:
    assert score(answer, keys, forbidden).grade is grade


def test_others_mask_and_are_not_wrong() -> None:
    assert score("The head office is in New York City.", [["New York"]]).grade is C
    assert score("The head office is in New York City.", [["New York"]], others=["New York City"]).grade is X
    assert score("New York City is near New York.", [["New York"]], others=["New York City"]).grade is C


def test_key_recall_counts_groups_also_where_the_answer_is_wrong() -> None:
    assert score("Kenji Tanaka and Ken Abe", BOTH, ["Ken Abe"]).key_recall == 0.5
    assert score("Kenji Tanaka, Kenji Tanaka", BOTH).key_recall == 0.5
    assert score("Ken Abe", BOTH).key_recall == 0.0
    assert score("Kenji Tanaka", []).key_recall == 0.0


def test_forbidden_values_are_named_as_given() -> None:
    assert score("On 2019/3/6 or in OSAKA", DATE, ["March 6, 2019", "Osaka", "Kobe"]).forbidden == ("March 6, 2019", "Osaka")


GOLD = "The head office of Larkspur is in Kyoto."
RIGHT = {"keys": CITY, "forbidden": ["Osaka"], "gold": GOLD, "question": "Where is the head office of Larkspur?"}


def test_a_sound_right_answer_is_strict() -> None:
    assert score(GOLD, **RIGHT, ended=True).strict  # type: ignore[arg-type]
    assert score(GOLD, **RIGHT).strict  # type: ignore[arg-type]
    assert score("Kyoto", CITY).strict


@pytest.mark.parametrize(
    ("answer", "ended", "fault"),
    [
        (GOLD, False, None),
        (f"{GOLD} {GOLD}", True, "loop"),
        (f"{GOLD} It is a lovely place with many old temples, quiet gardens, tea and good food.", True, "over_long"),
        ("It is in Kyoto, close to Nara.", True, "unsupported"),
        ("It is in Kyoto since 1987.", True, "unsupported"),
    ],
)
def test_what_strict_asks_beyond_correct(answer: str, ended: bool, fault: str | None) -> None:
    found = score(answer, **RIGHT, ended=ended)  # type: ignore[arg-type]
    assert found.grade is C
    assert not found.strict
    assert {name for name in ("loop", "over_long", "unsupported") if getattr(found, name)} >= ({fault} if fault else set())
    assert fault or not (found.loop or found.over_long or found.unsupported)


def test_a_wrong_answer_is_never_strict() -> None:
    assert not score("Osaka", CITY, ended=True).strict


def test_without_gold_no_length_is_judged() -> None:
    found = score("Kyoto, and so on, with so many other words that any gold answer would be shorter by far", CITY)
    assert (found.len_ratio, found.over_long) == (None, False)


def test_without_any_text_to_hold_it_against_nothing_is_unsupported() -> None:
    answer = "It is in Kyoto near Nara since 1987."
    assert score(answer, CITY).unsupported == ()
    assert score(answer, CITY, question="Where?").unsupported == ("1987", "Nara")
    assert score(answer, CITY, facts=["It is in Kyoto."]).unsupported == ("1987", "Nara")
    assert score(answer, CITY, gold="Kyoto").unsupported == ("1987", "Nara")
    assert score(answer, CITY, question="Near Nara?", facts=["since 1987"]).unsupported == ()


def test_aliases_of_keys_are_supported_and_forbidden_values_are_not() -> None:
    found = score("It is in Kyoto, not in Osaka.", CITY, ["Osaka"], gold="京都です")
    assert (found.grade, found.unsupported) == (C, ("Osaka",))


@pytest.mark.parametrize(
    ("answer", "grade", "head"),
    [
        ("It is in Kyoto. It is in Osaka.", X, C),  # knows but does not stop
        ("Good question. It is in Kyoto.", C, X),  # buried
        ("京都です。大阪です。", X, C),
        ("わかりません。京都です。", C, N),
        ("Kyoto", C, C),
        ("", N, N),
    ],
)
def test_head_grades_the_first_sentence_alone(answer: str, grade: Grade, head: Grade) -> None:
    found = score(answer, CITY, ["Osaka", "大阪"])
    assert (found.grade, found.head) == (grade, head)


def test_the_grade_is_a_plain_string_and_the_score_is_frozen() -> None:
    found = score("Kyoto", CITY)
    assert f"{found.grade}" == found.grade == "CORRECT"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.strict = False  # type: ignore[misc]


@pytest.mark.parametrize("keys", ["Kyoto", ["Kyoto"], [["Kyoto"], "京都"]])
def test_flat_keys_are_refused_with_the_way_to_write_them(keys: list[list[str]]) -> None:
    with pytest.raises(ValueError, match=r"expected lists of aliases; write \[\["):
        score("Kyoto", keys)


def test_no_keys_is_never_correct() -> None:
    assert score("Kyoto", []).grade is X
    assert score("Kyoto", [[]]).grade is X
    assert score("", []).grade is N


# The table of a wrong day that overlap measures rank above every right variant.
@pytest.mark.parametrize(
    "answer", ["ラークスパーは２０１９年３月５日に設立されました。", "平成31年3月5日", "2019/3/5", "二〇一九年三月五日"]
)
def test_right_variants_beat_the_nearly_identical_wrong_sentence(answer: str) -> None:
    gold = "ラークスパーは2019年3月5日に設立されました。"
    assert score(answer, [["2019年3月5日"]], gold=gold).strict
    assert score(gold.replace("5日", "6日"), [["2019年3月5日"]], gold=gold).grade is X
    assert score(gold * 4, [["2019年3月5日"]], gold=gold).loop


# Properties

MONTHS = [datetime.date(2000, month, 1).strftime("%B") for month in range(1, 13)]
ERAS = [
    ("令和", 2018, datetime.date(2019, 5, 1)),
    ("平成", 1988, datetime.date(1989, 1, 8)),
    ("昭和", 1925, datetime.date(1926, 12, 25)),
]
KANJI = "〇一二三四五六七八九"


def kanji(number: int) -> str:
    """0..99 with 十."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else KANJI[tens] + "十") + (KANJI[ones] if ones else "")


def english_forms(day: datetime.date) -> list[str]:
    month = MONTHS[day.month - 1]
    suffix = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return [
        f"{month} {day.day}, {day.year}",
        f"{month} {day.day}{suffix}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"the {day.day}{suffix} of {month}, {day.year}",
        f"{month[:3]}. {day.day}, {day.year}",
        f"{day.day:02}-{month[:3]}-{day.year}",
        f"{month.upper()} {day.day} {day.year}",
        day.isoformat(),
    ]


def japanese_forms(day: datetime.date) -> list[str]:
    era, before, _ = next(era for era in ERAS if day >= era[2])
    of_era = "元" if day.year - before == 1 else str(day.year - before)
    western = f"{day.year}年{day.month}月{day.day}日"
    return [
        western,
        western.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        f"{day.year}年{day.month:02}月{day.day:02}日",
        f"{era}{of_era}年{day.month}月{day.day}日",
        f"{day.year}年({era}{of_era}年){day.month}月{day.day}日",
        f"{era}{of_era}年（{day.year}年）{day.month}月{day.day}日",
        "".join(KANJI[int(digit)] for digit in str(day.year)) + f"年{kanji(day.month)}月{kanji(day.day)}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02}.{day.day:02}",
    ]


DAYS = st.dates(datetime.date(1927, 1, 1), datetime.date(2049, 12, 31))
FRAMES = ["{}", "It was founded on {}.", "Founded: {}", "設立日は{}です。", "{}に設立されました。"]
FORM = st.integers(0, len(english_forms(datetime.date(2019, 3, 5))) + len(japanese_forms(datetime.date(2019, 3, 5))) - 1)


def form(day: datetime.date, number: int) -> str:
    return [*english_forms(day), *japanese_forms(day)][number]


@given(DAYS, FORM, FORM, st.sampled_from(FRAMES))
@example(datetime.date(2019, 5, 1), 0, 11, FRAMES[0])
def test_a_date_in_any_form_stays_correct(day: datetime.date, key: int, said: int, frame: str) -> None:
    found = score(frame.format(form(day, said)), [[form(day, key)]], facts=[f"It began on {day.isoformat()}."])
    assert (found.grade, found.strict, found.unsupported) == (C, True, ())


@given(DAYS, DAYS, FORM, FORM, st.sampled_from(FRAMES))
@example(datetime.date(2019, 3, 5), datetime.date(2019, 3, 15), 0, 2, FRAMES[1])
@example(datetime.date(2019, 3, 5), datetime.date(2019, 5, 3), 7, 15, FRAMES[0])
def test_another_date_never_passes(day: datetime.date, other: datetime.date, key: int, said: int, frame: str) -> None:
    assume(day != other)
    found = score(frame.format(form(other, said)), [[form(day, key)]], facts=[f"It began on {day.isoformat()}."])
    assert found.grade is X
    assert found.unsupported


@given(DAYS, st.sampled_from([-30, -10, -1, 1, 9, 10, 30, 365, 366]), FORM, FORM)
def test_a_near_date_never_passes_and_spoils_the_right_one(day: datetime.date, off: int, key: int, said: int) -> None:
    wrong = day + datetime.timedelta(days=off)
    assume(wrong >= datetime.date(1927, 1, 1))
    assert score(form(wrong, said), [[form(day, key)]]).grade is X
    both = score(f"{form(day, said)}, {form(wrong, said)}", [[form(day, key)]], [form(wrong, key)])
    assert (both.grade, both.key_recall) == (X, 1.0)


@given(
    st.integers(2, 10**9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(["{:,} people", "{}人です。", "{:,}名", "about {}"]),
)
@example(13, 0, 3, "{}人です。")
def test_a_wrong_digit_never_passes(number: int, place: int, digit: int, frame: str) -> None:
    digits = str(number)
    place %= len(digits)
    wrong = int(digits[:place] + str(digit) + digits[place + 1 :])
    keys = [[f"{number:,}", f"{number}人"]]
    assert score(frame.format(number), keys).grade is C
    assume(wrong != number)
    assert score(frame.format(wrong), keys).grade is X


@given(st.integers(1, 10**9), st.integers(0, 9), st.sampled_from(["{} people", "{}人です。", "{}階"]))
def test_a_digit_more_never_passes(number: int, digit: int, frame: str) -> None:
    for longer in (f"{number}{digit}", f"{digit + 1}{number}", f"{number}.{digit}"):
        assert score(frame.format(longer), [[str(number)]]).grade is X


@given(
    st.text(max_size=60),
    st.lists(st.lists(st.text(max_size=8), max_size=3), max_size=3),
    st.lists(st.text(max_size=8), max_size=3),
)
def test_any_text_gets_a_grade_that_fits_its_parts(answer: str, keys: list[list[str]], forbidden: list[str]) -> None:
    found = score(answer, keys, forbidden, gold=answer)
    assert (found.grade is C) == (bool(keys) and found.key_recall == 1.0 and not found.forbidden)
    assert found.grade is X or not found.forbidden
    assert not (found.strict and found.grade is not C)


# Data without keys


def test_content_recall_counts_what_the_question_does_not_give_away() -> None:
    question, gold = "Where is the head office of Larkspur?", "The head office of Larkspur is in Kyoto, near Nara station."
    assert content_recall("Kyoto, near Nara station", question, gold) == 1.0
    assert content_recall("In KYOTO.", question, gold) == pytest.approx(1 / 4)
    assert content_recall("The head office of Larkspur is in Osaka", question, gold) == 0.0
    assert content_recall("Kyotos", question, gold) == 0.0


def test_content_recall_in_japanese() -> None:
    question, gold = "ラークスパーの設立日は？", "ラークスパーの設立日は2019年3月5日で、場所は京都です。"
    assert content_recall("平成31年3月5日に京都で", question, gold) == pytest.approx(2 / 3)
    assert content_recall("2019年3月6日です", question, gold) == 0.0


def test_content_recall_of_nothing_is_none() -> None:
    assert content_recall("Kyoto", "Is it in Kyoto?", "It is in Kyoto.") is None
    assert content_recall("Kyoto", "Where?", "") is None
