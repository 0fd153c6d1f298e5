"""A name inside a longer one that nobody told of: what is taken for another name, and what may stand beside any."""

from __future__ import annotations

import pytest

from sweep.data.files import find, load
from sweep.data.records import EvalItem
from sweep.text.longer import REACH, _lead, _tail, short_forms
from sweep.text.normalise import normalise
from sweep.text.prepared import prepare
from sweep.text.score import Grade, score

PEOPLE = ("雪平玄太", "狭間澄佳", "椋本朔弥")

SHORT = {  # the aliases of one thing, of which the last is short
    "Yukihira": ("Genta Yukihira", "Yukihira Genta"),
    "Ellison": ("Anna Ellison",),
    "雪平": ("雪平玄太",),
    "松本": ("松本清一",),
    "長谷川": ("長谷川町子",),
    "ルピー": ("パキスタンルピー",),
    "スミス": ("ジョン・スミス",),
}
ANOTHER = [
    ("The CEO is Toru Yukihira.", "Yukihira"),
    ("The CEO is Yukihira Toru.", "Yukihira"),
    ("It was April Ellison", "Ellison"),
    ("Little Tom Ellison", "Ellison"),
    ("社長は雪平花子です。", "雪平"),
    ("社長は雪平 花子です。", "雪平"),
    ("社長は雪平　花子社長です。", "雪平"),
    ("松本人志です。", "松本"),
    ("長谷川等です。", "長谷川"),
    ("雪平務です。", "雪平"),
    ("2006年花子雪平が", "雪平"),
    ("通貨はインドルピーです。", "ルピー"),
    ("ボブ・スミスです。", "スミス"),
    ("ボブ＝スミスです。", "スミス"),
]
ALONE = [
    ("The CEO is Mr. Yukihira.", "Yukihira"),
    ("CEO Yukihira", "Yukihira"),
    ("Contact Yukihira, please", "Yukihira"),
    ("Kirisagi's Yukihira leads it", "Yukihira"),
    ("Founder: Yukihira\nCompany: Acorn", "Yukihira"),
    ("THE CEO IS YUKIHIRA OF ACORN", "Yukihira"),
    ("Toru, Yukihira and others", "Yukihira"),
    ("President—Yukihira", "Yukihira"),
    ("G Yukihira", "Yukihira"),
    ("Yukihira-San", "Yukihira"),
    ("CEO: Yukihira Capital: 140 million yen", "Yukihira"),
    ("Kirisagi\tYukihira\tSuzue", "Yukihira"),
    ("雪平社長です。", "雪平"),
    ("代表取締役社長雪平氏が務めています。", "雪平"),
    ("社長・雪平", "雪平"),
    ("雪平様、花子様", "雪平"),
    ("雪平社長兼会長", "雪平"),
    ("雪平理事長です", "雪平"),
    ("雪平最高責任者が", "雪平"),
    ("雪平技術部長が", "雪平"),
    ("雪平前社長は", "雪平"),
    ("雪平名誉会長", "雪平"),
    ("社長：雪平　資本金：1億4000万円", "雪平"),
    ("社長：雪平 従業員数：451名", "雪平"),
    ("名前雪平", "雪平"),
    ("雪平\u2028花子", "雪平"),
    ("花子、雪平", "雪平"),
    ("社名 雪平", "雪平"),
    ("三代目雪平が", "雪平"),
    ("メーカー雪平です", "雪平"),
    ("2006年雪平が就任", "雪平"),
    ("現地の通貨ルピーです", "ルピー"),
]
LENGTHENED = [
    ("West Alder Gate and Chalk Square", "Alder Gate"),
    ("Alder Gate North", "Alder Gate"),
    ("Anna Ellison-Park leads it.", "Anna Ellison"),
    ("Park-Anna Ellison leads it.", "Anna Ellison"),
    ("Nishi-morikawa station", "Morikawa"),
    ("西森川です。", "森川"),
    ("最寄り駅は西森川駅です。", "森川駅"),
    ("青葉区東森川", "森川"),
    ("ニュー森川です", "森川"),
    ("長谷川駅です。", "谷川"),
    ("長谷川駅です。", "谷川駅"),
    ("森川台、杉沢", "森川"),
    ("森川台 杉沢", "森川"),
    ("森川中央駅です", "森川"),
    ("品川シーサイド駅", "品川"),
    ("雪平玄太郎です。", "雪平玄太"),
    ("雪平玄太郎社長です。", "雪平玄太"),
    ("オオサンショウウオです", "サンショウウオ"),
    ("新ツキナミカ", "ツキナミカ"),
]
WHOLE = [
    ("Anna Ellison leads Acorn.", "Anna Ellison"),
    ("Anna Ellison Leads Acorn.", "Anna Ellison"),
    ("Contact Anna Ellison", "Anna Ellison"),
    ("Founder—Anna Ellison", "Anna Ellison"),
    ("President-Anna Ellison", "Anna Ellison"),
    ("Anna Ellison-San", "Anna Ellison"),
    ("Seoul South Korea", "Seoul"),
    ("Seoul-South Korea", "Seoul"),
    ("Beijing–China", "Beijing"),
    ("Miller Court West Wing", "Miller Court"),
    ("Alder Gate East exit", "Alder Gate"),
    ("Ellison-led teams", "Ellison"),
    ("Toronto Canada", "Toronto"),
    ("the station Alder Gate, north of here", "Alder Gate"),
    ("To the North: Alder Gate", "Alder Gate"),
    ("the new woollen blankets", "woollen blankets"),
    ("森川駅前商店街の近くです。", "森川駅"),
    ("森川駅東口から徒歩5分", "森川"),
    ("森川、西森川、杉沢", "杉沢"),
    ("西森川駅と森川駅です。", "森川"),
    ("最寄駅森川駅", "森川"),
    ("東西線森川駅", "森川"),
    ("地下鉄森川駅", "森川駅"),
    ("JR線森川駅", "森川"),
    ("JR東日本森川駅", "森川"),
    ("モノレール森川駅", "森川"),
    ("みなと線森川駅", "森川"),
    ("やま鉄道森川駅", "森川"),
    ("最寄森川駅", "森川"),
    ("森川各駅", "森川"),
    ("鈴江市森川駅", "森川"),
    ("森川経由杉沢駅", "森川"),
    ("最新森川", "森川"),
    ("ブラジル・サンパウロにあります。", "サンパウロ"),
    ("ブラジルサンパウロです", "サンパウロ"),
    ("耐熱ガラスの急須", "ガラスの急須"),
    ("元小学校の用務員", "小学校の用務員"),
    ("霧鷺工房 雪平玄太", "雪平玄太"),
    ("雪平玄太 連絡先", "雪平玄太"),
    ("雪平玄太率いる霧鷺工房", "雪平玄太"),
    ("雪平玄太代表です", "雪平玄太"),
    ("雪平玄太一代で", "雪平玄太"),
    ("雪平玄太夫人", "雪平玄太"),
    ("浦波銀行口座", "浦波銀行"),
    ("北口、森川", "森川"),
]


@pytest.mark.parametrize(("answer", "key"), ANOTHER)
def test_a_short_form_in_another_name_is_not_credited(answer: str, key: str) -> None:
    assert score(answer, [[*SHORT[key], key]], names=True).grade is not Grade.CORRECT
    assert score(answer, [[key]], names=True).grade is Grade.CORRECT, "where nothing says that it is short"
    assert score(answer, [[*SHORT[key], key]]).grade is Grade.CORRECT, "where the question asks for no name"


@pytest.mark.parametrize(("answer", "key"), ALONE)
def test_a_short_form_alone_is_credited(answer: str, key: str) -> None:
    assert score(answer, [[*SHORT[key], key]], names=True).grade is Grade.CORRECT


def test_what_is_left_of_the_longer_form_must_be_a_name() -> None:
    def found(*aliases: str) -> set[str]:
        return set(short_forms(map(normalise, aliases)))

    assert found("Genta Yukihira", "Yukihira Genta", "Yukihira") == {"yukihira"}
    assert found("雪平玄太", "雪平") == {"雪平"}
    for unlike in (
        ("群馬県", "群馬"),
        ("The Long Table", "Long Table"),
        ("Mexico City", "Mexico"),
        ("Chinatown", "China"),
        ("雪平社長", "雪平"),
        ("451名", "451"),
        ("8階", "8"),
        ("ガラス製", "ガラス"),
        ("雪平", "高瀬"),
    ):
        assert not found(*unlike)


def test_a_form_that_is_whole_elsewhere_is_not_short() -> None:
    assert score("Tom Ellison", [["Anna Ellison", "Ellison"], ["Ellison"]], names=True).grade is Grade.CORRECT


@pytest.mark.parametrize(("answer", "key"), LENGTHENED)
def test_a_lengthened_name_is_not_credited(answer: str, key: str) -> None:
    assert score(answer, [[key]], names=True).grade is not Grade.CORRECT
    assert score(answer, [[key]]).grade is Grade.CORRECT, "where the question asks for no name nothing is looked for"


@pytest.mark.parametrize(("answer", "key"), WHOLE)
def test_a_whole_name_is_credited_whatever_stands_beside_it(answer: str, key: str) -> None:
    assert score(answer, [[key]], names=True).grade is Grade.CORRECT


def test_a_known_name_beside_another_does_not_lengthen_it() -> None:
    assert score("雪平玄太です", [["雪平玄太", "雪平"]], names=True).grade is Grade.CORRECT
    assert score("霧鷺工房雪平です", [["雪平玄太", "雪平"]], names=True).grade is not Grade.CORRECT
    assert score("霧鷺工房雪平です", [["雪平玄太", "雪平"]], others=["霧鷺工房"], names=True).grade is Grade.CORRECT
    assert score("雪平霧鷺工房社長", [["雪平玄太", "雪平"]], others=["霧鷺工房"], names=True).grade is Grade.CORRECT
    assert score("霧鷺工房雪平花子", [["雪平玄太", "雪平"]], others=["霧鷺工房"], names=True).grade is not Grade.CORRECT
    assert score("森川西森川杉沢", [["森川"], ["杉沢"]], others=["西森川"], names=True).grade is Grade.CORRECT


@pytest.mark.parametrize("item", [one for one in load(find("kirisagi_ja")).eval if one.level == 1 and one.keys[0][0] in PEOPLE])
def test_the_short_forms_of_a_set_stand_beside_all_its_labels(item: EvalItem) -> None:
    """社長雪平, 雪平社長, and 社長：雪平 before the next field of a form."""
    dataset = load(find("kirisagi_ja"))
    (_, short), known = item.keys[0], dataset.others_for(item)
    for post in ("社長", "創業者", "技術部長"):
        for answer in (
            f"{post}{short}です",
            f"{short}{post}です",
            f"{post}の{short}です",
            f"{post}：{short}　資本金：1億4000万円",
        ):
            assert score(answer, item.keys, others=known, names=item.asks_for_names).grade is Grade.CORRECT


def test_a_looping_answer_takes_time_in_proportion() -> None:
    """Counted by places looked at: each hit looks no further than a bounded stretch to either side."""
    text = prepare("雪平 花子 " * 4000)
    assert max(len(_lead(text, place)) for place in range(0, 16000, 997)) <= 2
    run = prepare("雪平花子" * 4000)
    assert len(_lead(run, 9000)) == len(_tail(run, 9000)) == REACH
