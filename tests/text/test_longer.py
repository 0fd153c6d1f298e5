"""A name that goes on is another name; titles, openers and words that may follow any name make none."""

from __future__ import annotations

import pytest

from sweep.text.score import Grade, score


def grade(answer: str, *aliases: str, names: bool = True) -> Grade:
    return score(answer, [list(aliases)], names=names).grade


LONGER = [
    ("社長は雪平花子です。", "雪平"),  # the right family, another person
    ("社長は雪平 花子です。", "雪平"),
    ("高瀬エリカが社長です。", "高瀬"),
    ("長谷川駅です。", "谷川"),
    ("最寄り駅は西森川駅です。", "森川"),
    ("森川台駅、杉沢駅です。", "森川"),
    ("品川シーサイド駅", "品川"),
    ("松本人志です。", "松本"),
    ("長谷川町子です。", "長谷川"),
    ("ロゴはオオヤマネコです。", "ヤマネコ"),
    ("通貨はインドルピーです。", "ルピー"),
    ("国はカナダドルです。", "カナダ"),
    ("ボブ・スミスです。", "スミス"),
    ("The CEO is Toru Yukihira.", "Yukihira"),
    ("It is North Korea.", "Korea"),
    ("West Alder Gate and Chalk Square", "Alder Gate"),
    ("Anna Ellison-Park leads it.", "Anna Ellison"),
    ("It was Anna Ellison Fox", "Anna Ellison"),
    ("the Quill Street Runner", "Quill Street"),
]
WHOLE = [
    ("雪平社長です。", "雪平"),
    ("代表取締役社長雪平氏が務めています。", "雪平"),
    ("霧鷺工房社長 雪平玄太", "雪平玄太"),
    ("社長・雪平玄太", "雪平玄太"),
    ("雪平様、狭間様", "狭間"),
    ("雪平社長兼会長", "雪平"),
    ("森川駅前商店街の近くです。", "森川駅"),
    ("森川駅東口から徒歩5分", "森川"),
    ("森川、西森川、杉沢", "杉沢"),
    ("西森川駅と森川駅です。", "森川"),
    ("富山県鈴江市反物町5丁目3番地 糸車ビル8階", "富山"),
    ("富山県鈴江市反物町5丁目3番地 糸車ビル8階", "鈴江"),
    ("富山県鈴江市反物町5丁目3番地 糸車ビル8階", "糸車ビル"),
    ("ブラジル連邦共和国です。", "ブラジル"),
    ("海外工場サンパウロ", "サンパウロ"),
    ("メーカー霧鷺工房です", "霧鷺工房"),
    ("ロゴの動物:ビーバー", "ビーバー"),
    ("2006年社長就任", "2006年"),
    ("資本金1億4000万円以上", "1億4000万円"),
    ("創業者狭間澄佳", "狭間澄佳"),
    ("「月曜の灯」です", "月曜の灯"),
    ("The CEO is Mr. Yukihira.", "Yukihira"),
    ("CEO Yukihira", "Yukihira"),
    ("Larkspur's Anna Ellison", "Anna Ellison"),
    ("Founder: Anna Ellison\nCompany: Acorn", "Anna Ellison"),
    ("Currently Anna Ellison leads Acorn.", "Anna Ellison"),
    ("It is Kyoto, Japan", "Kyoto"),
    ("the Osaka Prefecture", "Osaka"),
    ("THE CEO IS ANNA ELLISON OF ACORN", "Anna Ellison"),
    ("it shows a Brown violet Hat", "violet"),  # a word, no name
]


@pytest.mark.parametrize(("answer", "key"), LONGER)
def test_a_part_of_a_longer_name_is_not_credited(answer: str, key: str) -> None:
    assert grade(answer, key) is not Grade.CORRECT
    assert grade(answer, key, names=False) is Grade.CORRECT, "where the key is no name nothing is looked for"


@pytest.mark.parametrize(("answer", "key"), WHOLE)
def test_a_whole_name_is_credited_whatever_stands_beside_it(answer: str, key: str) -> None:
    assert grade(answer, key) is Grade.CORRECT


def test_the_longer_alias_is_credited_and_a_known_name_beside_another_does_not_lengthen_it() -> None:
    assert grade("雪平玄太です", "雪平玄太", "雪平") is Grade.CORRECT
    assert score("森川西森川杉沢", [["森川"], ["杉沢"]], others=["西森川"], names=True).grade is Grade.CORRECT
    assert score("Quill Street Alder Gate", [["Quill Street"], ["Alder Gate"]], names=True).grade is Grade.CORRECT
