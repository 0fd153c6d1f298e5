"""Japanese for companies of the article's kind: how questions join facts, ask for other forms, and lean on common knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sweep.data import draw_article, pools_article
from sweep.data.phrasing import Combined, Language
from sweep.data.relations_article_ja import RELATIONS


def sentence(clause: str) -> str:
    """A clause as a sentence of its own."""
    return f"{clause}です。"


def joined(clauses: Sequence[str]) -> str:
    """Several facts in one sentence."""
    return sentence("、".join(clauses))


def listed(labels: Sequence[str]) -> str:
    """Labels in a row: 社長、創業日と資本金."""
    return "と".join(["、".join(labels[:-1]), labels[-1]])


def count(number: int) -> str:
    """A small number of things."""
    return f"{'〇一二三四五'[number]}つ"


JAPANESE = Language(
    code="ja",
    profile="article",
    companies=tuple(name for name, _ in pools_article.COMPANIES),
    stems=tuple(name.lower() for _, name in pools_article.COMPANIES),
    drawn_as="article",
    relations=RELATIONS,
    usual=len(RELATIONS),
    draw=partial(draw_article.draw, "ja"),
    sentence=sentence,
    listed=listed,
    count=count,
    denied_share=12 / 32,
    denials=(
        ("{wrong_clause}ですか。", "いいえ、{clause}です。{wrong}ではありません。"),
        ("{wrong_clause}だと聞きましたが、本当ですか。", "いいえ、違います。{clause}です。{wrong}ではありません。"),
        ("{wrong_clause}で間違いありませんか。", "いいえ、{clause}です。{wrong}というのは誤りです。"),
        ("{wrong_clause}だそうですね。", "実際には、{clause}です。{wrong}ではありません。"),
    ),
    paraphrases=(
        "{indirect}、ご存じですか。",
        "{indirect}を知りたいのですが。",
        "{indirect}、新入社員に説明してください。",
        "お客様に{indirect}と聞かれたら、どう答えますか。",
        "{c}の{label}を答えてください。",
        "{c}について質問です。{label}を聞かせてください。",
        "{c}の{label}を調べてもらえますか。",
        "{c}の{label}を覚えていますか。",
        "{c}の紹介文を書いています。{label}の項目には何と書きますか。",
        "{label}をお願いします。{c}のものです。",
    ),
    pairs=(),
    joined=joined,
    hints=(
        "たしか{wrong}だったような気がするのですが、{c}の{label}を確認させてください。",
        "{wrong}かもしれませんが自信がありません。{c}の{label}について、正確なところをお願いします。",
    ),
    forms_dev=(
        ("{c}の{label}を「{label}：{slot}」の形で書いてください。", "{label}：{v}"),
        ("次の書式を埋めてください。会社名：{c}　{label}：____", "{label}：{v}"),
    ),
    forms_test=(
        ('{c}の{label}を、キーが"{field}"だけのJSONで出力してください。', '{{"{field}": "{v}"}}'),
        ("「{c} | {label} | {slot}」という表の一行にしてください。", "{c} | {label} | {v}"),
        ("{c}の{label}だけを、箇条書きの一項目として示してください。", "・{v}"),
        ("{c}の{label}を、文章ではなく語句だけで答えてください。", "{v}"),
        ("記入欄を完成させてください。企業：{c}／項目：{label}／内容：____", "内容：{v}"),
    ),
    groups_dev=(
        "{c}の{listed}を挙げてください。",
        "{c}について{count}のことを知りたいです。{listed}です。",
        "{c}の{listed}を、まとめて一文でお願いします。",
    ),
    groups_test=(
        "{c}の{listed}を一度に答えてください。",
        "{c}の{listed}を一行ずつ並べてください。",
        "会社案内に載せますので、{c}の{listed}を知らせてください。",
        "{c}の概要のうち、{listed}を書き出してください。",
        "{listed}の{count}について、{c}の場合を述べてください。",
    ),
    tells_traps=True,
    combined=(
        Combined(
            kind="country",
            prior=("{v}はどの国にありますか。", "{v}は{k}にあります。"),
            gold="{clause}で、国は{k}",
            dev=("{c}の{spot}がある国の名前は何ですか。",),
            test=(
                "{c}の{spot}へ出張する人は、何という国に入国しますか。",
                "{c}の{spot}の周りに住む人の多くは、どの国の国民ですか。",
            ),
        ),
        Combined(
            kind="language",
            prior=("{v}で最も多くの人が話す言語は何ですか。", "{v}で最も多くの人が話す言語は{k}です。"),
            gold="{clause}で、そこで多くの人が話す言語は{k}",
            dev=("{c}の{spot}の周りで最も多くの人が話す言語は何ですか。",),
            test=(
                "{c}の{spot}に赴任する前に、何語を習っておくとよいですか。",
                "{c}の{spot}がある街の住民は、ふだん何語で暮らしていますか。",
            ),
        ),
        Combined(
            kind="currency",
            prior=("{v}がある国の通貨は何ですか。", "{v}がある国の通貨は{k}です。"),
            gold="{clause}で、その国の通貨は{k}",
            dev=("{c}の{spot}がある国の通貨は何ですか。",),
            test=(
                "{c}の{spot}では、給料はどの通貨で支払われますか。",
                "{c}の{spot}を訪ねる人は、円をどの通貨に両替すればよいですか。",
            ),
        ),
        Combined(
            kind="capital",
            prior=("{v}がある国の首都はどこですか。", "{v}がある国の首都は{k}です。"),
            gold="{clause}で、その国の首都は{k}",
            dev=("{c}の{spot}がある国の首都はどこですか。",),
            test=(
                "{c}の{spot}を管轄する中央政府は、何という街に置かれていますか。",
                "{c}の{spot}から国会へ陳情に行くとしたら、行き先はその国の何という首都ですか。",
            ),
        ),
    ),
)
