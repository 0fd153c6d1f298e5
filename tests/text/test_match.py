"""The longest known name wins, numbers and Latin words match whole, and a denied name is no match."""

from __future__ import annotations

import pytest

from sweep.text.denial import abstains
from sweep.text.match import find, vocabulary
from sweep.text.normalise import normalise
from sweep.text.prepared import prepare
from sweep.text.sentences import first_sentence, sentences


def hits(text: str, key: str, *others: str) -> bool:
    return bool(find(prepare(text), vocabulary(((key,),), (), others)).groups)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("The office is in New York.", "New York"),
        ("NewYork", "New York"),
        ("Riverside Tower, 5th floor", "the Riverside Tower"),
        ("new-york", "newyork"),
        ("Larkspur's CEO", "Larkspur"),
        ("O'Brien", "OBrien"),
        ("Wi-Fi", "WiFi"),
        ("13階です", "13階"),
        ("It has 12, 13 and 14 floors", "13"),
        ("ends with 3.", "3"),
        ("version v2x", "v2"),
        ("Founded in 2019/03", "March 2019"),
        ("2019年3月5日", "2019"),
        ("March 5, 2019", "2019年"),
        ("March 5, 2019", "March"),
        ("March 5, 2019", "3月5日"),
        ("2019", "2019年"),
        ("田中太郎社長", "田中太郎"),
    ],
)
def test_found(text: str, key: str) -> None:
    assert hits(text, key)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("13階", "3階"),
        ("3階建て", "13階"),
        ("1.5", "5"),
        ("1.5", "1"),
        ("03-1234-5678", "1234"),
        ("1 2", "12"),
        ("12", "1 2"),
        ("at all times", "The Times"),
        ("Larkspurious", "Larkspur"),
        ("mai", "AI"),
        ("Zürich", "Z"),
        ("2019年3月15日", "5日"),
        ("2019年3月15日", "3月1日"),
        ("2019年13月", "3月"),
        ("2019人", "2019年"),
        ("12019", "2019"),
    ],
)
def test_not_found(text: str, key: str) -> None:
    assert not hits(text, key)


def test_the_longest_known_name_wins() -> None:
    assert hits("東京駅前です", "東京駅")
    assert not hits("東京駅前です", "東京駅", "東京駅前")
    assert not hits("New York City", "New York", "New York City")
    assert hits("New York and New York City", "New York", "New York City")


def test_a_key_inside_a_forbidden_name_is_not_credited_and_the_other_way_round() -> None:
    found = find(prepare("The CEO is Mary Ann Lee."), vocabulary((("Mary Ann",),), ("Mary Ann Lee",)))
    assert (found.groups, found.forbidden) == (frozenset(), ("Mary Ann Lee",))
    found = find(prepare("The CEO is Mary Ann Lee."), vocabulary((("Mary Ann Lee",),), ("Mary Ann",)))
    assert (found.groups, found.forbidden) == (frozenset({0}), ())


def test_a_forbidden_value_that_equals_a_key_is_a_key() -> None:
    found = find(prepare("founded on 5 March 2019"), vocabulary((("2019-03-05",),), ("March 5, 2019",)))
    assert (found.groups, found.forbidden) == (frozenset({0}), ())


def test_one_name_may_answer_two_groups() -> None:
    assert find(prepare("Aya Mori"), vocabulary((("Aya Mori",), ("Mori", "Aya Mori")))).groups == {0, 1}


def test_forbidden_values_come_back_as_given_in_order_and_once() -> None:
    assert find(prepare("京都、大阪、京都"), vocabulary((), ("大 阪", "京都"))).forbidden == ("京都", "大 阪")


def test_empty_names_never_match() -> None:
    assert not hits("$ 5", "$")
    assert not hits("", "a")


@pytest.mark.parametrize(
    "text",
    [
        "大阪ではなく東京です",
        "大阪ではありません",
        "大阪じゃない",
        "大阪でなく東京",
        "「大阪」ではございません",
        "大阪市ではなく東京",
        "大阪支社ではなく東京本社です",
        "大阪は誤りです",
        "大阪というのは間違いです",
        "not 大阪",
    ],
)
def test_denied_in_japanese(text: str) -> None:
    assert not hits(text, "大阪")


@pytest.mark.parametrize(
    "text",
    ["大阪ではないでしょうか", "大阪ではないかと思います", "大阪だけではなく東京も", "大阪ではないですか", "大阪では有名です"],
)
def test_not_denied_in_japanese(text: str) -> None:
    assert hits(text, "大阪")


@pytest.mark.parametrize(
    "text",
    [
        "No, it is not Osaka; it is Kyoto.",
        "It isn't Osaka.",
        "It isn’t in Osaka.",
        "It was never in Osaka.",
        "Kyoto rather than Osaka",
        "Kyoto instead of the Osaka",
        "It is no longer in Osaka.",
        "It was not founded in Osaka.",
        "They weren't led by Osaka",
    ],
)
def test_denied_in_english(text: str) -> None:
    assert not hits(text, "Osaka")


@pytest.mark.parametrize(
    "text",
    [
        "It is Osaka, not Kyoto.",
        "It is not only in Osaka.",
        "Tie the knot Osaka",
        "not Kyoto or Osaka",
        "It is not Kyoto; it is Osaka.",
    ],
)
def test_not_denied_in_english(text: str) -> None:
    assert hits(text, "Osaka")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。",
        "わかりません。",
        "申し訳ありませんが、分かりません",
        "判りかねます",
        "存じません",
        "存じ上げません",
        "不明です",
        "その情報はありません",
        "該当する情報は見つかりませんでした",
        "お答えできません",
        "お答えすることができません",
        "知りません",
        "I don't know.",
        "I don’t know",
        "I do not know that.",
        "I'm not sure.",
        "I am not sure",
        "There is no information about it.",
        "I do not have any information on this.",
        "This cannot be determined.",
        "I can't answer that.",
        "The date is not known.",
        "It is not mentioned.",
        "Unknown",
        "N/A",
    ],
)
def test_abstains(text: str) -> None:
    assert abstains(normalise(text))


@pytest.mark.parametrize(
    "text", ["東京です", "It is known for tea.", "Wiknow", "お答えします", "情報システム部です", "He is unknown to nobody"]
)
def test_attempts(text: str) -> None:
    assert not abstains(normalise(text))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("東京です。大阪です。", "東京です。"),
        ("Tokyo. Osaka.", "Tokyo."),
        ("It costs 3.5 yen. Cheap.", "It costs 3.5 yen."),
        ("Mr. Mori leads. He is 40.", "Mr. Mori leads."),
        ("Aya J. Mori leads. Yes.", "Aya J. Mori leads."),
        ("\n- CEO: Aya\n- CTO: Ken", "- CEO: Aya"),
        ("Really? Yes!", "Really?"),
        ("。。", "。"),
        ("", ""),
    ],
)
def test_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_sentences_lose_nothing_but_space() -> None:
    text = "One. Two? 三。四\nFive"
    assert list(sentences(text)) == ["One.", "Two?", "三。", "四", "Five"]
