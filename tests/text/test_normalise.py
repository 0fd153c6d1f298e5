"""Texts that mean the same share one form, texts that differ do not. The hazards of the rules are pinned down at the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.text.normalise import normalise, size, squashed

SAME = [
    # characters
    ("ＡＢＣ１２３", "abc123"),
    ("ﾗｰｸｽﾊﾟｰ", "ラークスパー"),
    ("㈱東和", "(株)東和"),
    ("髙橋", "高橋"),
    ("渡邊、渡邉", "渡辺、渡辺"),
    ("山﨑", "山崎"),
    ("齋藤", "斎藤"),
    ("澤田濱田廣田", "沢田浜田広田"),
    ("10〜20", "10～20"),
    ("03‐1234−5678", "03-1234-5678"),
    ("Larkspur’s office", "larkspur's OFFICE"),
    ("ジョン・スミス", "ジョンスミス"),
    ("葛󠄀城", "葛城"),  # with an ideographic variation selector
    ("٣人", "3人"),
    # numbers
    ("1,234,567円", "1234567円"),
    ("百二十人", "120人"),
    ("二〇一九年", "2019年"),
    ("五億三千万円", "5億3000万円"),
    ("5.3億円", "530,000,000円"),
    ("3千5百円", "3500円"),
    ("2万5千人", "25,000人"),
    ("二万五千人", "25000人"),
    ("1兆2億円", "1,000,200,000,000円"),
    ("12.5 million", "12500000"),
    ("3 billion yen", "¥3,000,000,000"),
    ("¥500", "500円"),
    ("JPY 500", "500 yen"),
    ("120名", "120人"),
    ("5 percent", "5%"),
    ("五パーセント", "5％"),
    # dates
    ("令和元年5月1日", "2019年5月1日"),
    ("昭和六十四年一月七日", "1989年1月7日"),
    ("大正10年", "1921年"),
    ("明治元年", "1868年"),
    ("H31.4.30", "平成31年4月30日"),
    ("平成31年(2019年)3月5日", "2019年3月5日"),
    ("2019年（平成31年）3月5日", "2019年3月5日"),
    ("2019年03月05日", "2019年3月5日"),
    ("2019 年 3 月 5 日", "2019年3月5日"),
    ("2019/03/05", "2019-3-5"),
    ("2019.3.5", "2019-3-5"),
    ("March 5, 2019", "2019年3月5日"),
    ("5th of March, 2019", "2019-03-05"),
    ("the 5th day of March 2019", "Mar. 5th 2019"),
    ("5-Mar-2019", "Mar-5-2019"),
    ("2019, March 5", "5 March 2019"),
    ("Sept 2019", "2019年9月"),
    ("May 3rd", "5月3日"),
    ("25/3/2019", "3/25/2019"),
]

DIFFERENT = [
    ("2019年3月5日", "2019年3月6日"),
    ("2019年3月15日", "2019年3月5日"),
    ("March 5, 2019", "May 5, 2019"),
    ("平成元年", "令和元年"),
    ("5億3000万円", "5億300万円"),
    ("1.5", "15"),
    ("1 2", "12"),
    ("5%", "5"),
    ("100円", "100人"),
    ("斎藤", "斉藤"),
    ("ビル", "ビール"),
    ("3/4/2019", "4/3/2019"),
]

LEFT_ALONE = [
    ("三田", "三田"),  # a kanji numeral that counts nothing
    ("真一社長", "真一社長"),  # it ends a given name
    ("真一社員", "真一社員"),
    ("健三店長", "健三店長"),
    ("健二駅長", "健二駅長"),
    ("真一人事部長", "真一人事部長"),
    ("真一名誉会長", "真一名誉会長"),
    ("○月○日", "月日"),  # blanks to fill in are no zeros
    ("2019-13-40", "2019-13-40"),  # no date
    ("192.168.10.1", "192.168.10.1"),
    ("3/4/2019", "3 4 2019"),  # which is the month?
    ("these 5 may be", "these 5 may be"),
    ("3名古屋", "3名古屋"),
    ("coffee", "coffee"),
]

HAZARDS = [
    ("十分です", "10分です"),  # "enough", read as ten minutes
    ("$500", "500"),
    ("C++", "c"),
    ("twelve people", "twelve people"),
    ("1/2", "1 2"),
    ("101,102", "101102"),  # a list without spaces, read as one number
    ("It is not Osaka", "it is not osaka"),  # negation is no business of this step
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same_meaning_same_form(one: str, other: str) -> None:
    assert squashed(normalise(one)) == squashed(normalise(other)) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_meaning_different_form(one: str, other: str) -> None:
    assert squashed(normalise(one)) != squashed(normalise(other))


@pytest.mark.parametrize(("text", "form"), LEFT_ALONE + HAZARDS)
def test_exact_form(text: str, form: str) -> None:
    assert normalise(text) == form


def test_spaces_stay_only_between_latin_words_and_numbers() -> None:
    assert normalise("The  CEO, 田中 太郎 !  is 40.5 % (ok)") == "the ceo田中太郎is 40.5%ok"


def test_size_counts_no_separators() -> None:
    assert size("a b, c") == 3
    assert size("1 2") == 2


@given(st.text(max_size=60))
def test_any_text_comes_out_bare_and_in_small_letters(text: str) -> None:
    form = normalise(text)
    assert form == form.strip()
    assert not set(form) & set("\n\t、。,!?/()「」$¥_")
    assert not any("A" <= char <= "Z" for char in form)


@given(st.integers(0, 10**15))
def test_every_way_to_group_a_number_is_one_form(number: int) -> None:
    parts = [(number // 10**12, "兆"), (number // 10**8 % 10**4, "億"), (number // 10**4 % 10**4, "万"), (number % 10**4, "")]
    japanese = "".join(f"{value}{unit}" for value, unit in parts if value) or "0"
    assert normalise(f"{japanese}円") == normalise(f"{number:,}円") == f"{number}円"


@given(st.integers(1, 9999))
def test_kanji_numerals_with_units_read_as_digits(number: int) -> None:
    digits = "〇一二三四五六七八九"
    written = ""
    for unit, value in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // value % 10
        written += ("" if digit == 1 and unit else digits[digit]) + unit if digit else ""
    assert normalise(f"{written}人") == f"{number}人"
