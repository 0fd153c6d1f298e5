"""Word lists: what may stand right beside a name and makes no other name of it (Mr Yukihira, 雪平社長), and what lengthens one to
another (West Alder Gate, 西森川, 雪平玄太郎)."""

from __future__ import annotations

from sweep.text.dates import MONTHS
from sweep.text.words import JAPANESE_TITLES, NO_NAMES, words

# English, with a capital of their own and case-folded; and no word at all. Months and Will are given names too.
BESIDE = NO_NAMES.difference(MONTHS, {"will"}) | {""} | words(
    """engineer designer professor partner owner leader manager inventor representative miss mister madam family surname
    jr sr phd md mba esq san sama sensei led based city town prefecture province region office station airport capital
    employees founded headquarters source answer name contact meet ask hello indeed yes ok okay thus probably
    leads runs heads started"""
)  # fmt: skip

# Japanese, behind a name; and characters that stand there alone.
BEHIND = JAPANESE_TITLES + tuple(
    sorted(
        words(
            """先生 女史 博士 教授 夫妻 本人 自身 個人 名義 両名 全員 自体 両方 以外 以下 時代 当時 現在 顧問 頭取 主任 理事
            理事長 工場長 支店長 副会長 係長 次長 室長 館長 院長 校長 局長 園長 駅長 議長 班長 社員 役員 委員
            監査役 相談役 執行役 責任者 最高責任者 担当者 経営者 オーナー マネージャー リーダー ディレクター チーム グループ
            出身 在住 在任 在籍 就任 退任 入社 勤務 担当 主宰 監督 指揮 所有 所属 所在 創業 創立 創設 設立 誕生 経営 運営
            本社 資本金 従業員 所在地 電話 出典"""
        )
    )
)
RANKS = words("前 現 元 副 本 初代 名誉 共同 技術 営業 総務 経理 人事 開発 製造 広報 財務 生産 品質 企画")  # before a title
ALONE = "氏様君殿家側兼及並又他社"

# Japanese, before a name; and characters that end a longer word there: 創業者, 会社名, 出身地.
BEFORE = JAPANESE_TITLES + tuple(
    sorted(
        words(
            """現在 現任 弊社 当社 同社 自社 会社 本社 支社 本店 支店 工場 研究所 銀行 大学 担当 動物 商品 製品 通貨 言語
            首都 国籍 回答 正解 結論 以上 代目 名前 姓 故 元"""
        )
    )
)
ENDS = "名地者先長員役家主県都府市区町村"

# Japanese characters that end the rest of a longer form where it is no name of its own: 富山 of 富山県.
UNITS = "県都府州省市区町村郡国島道駅社店語人名色製品"

# What lengthens a name.
DIRECTIONS = words("north south east west upper lower")
SITES = words("north south east west park heights hill hills junction road lane")
PARTS = ("exit", "entrance", "gate", "side", "wing")  # of a place, which has them in every direction
IN_FRONT = "新北東西南上下奥"
KATAKANA_IN_FRONT = words("オオ ヒメ シロ クロ アカ アオ ニュー シン キタ ニシ ヒガシ ミナミ ノース サウス イースト ウエスト")
PLACE_ENDS = "台口原園谷丘橋坂浜"
GIVEN_ENDS = "一二三四五六七八九十郎朗子美代江恵香介助男夫雄彦之治司吾人太也哉斗樹輝希奈菜里沙実弥"
ON_THE_WAY = tuple(sorted(words("経由 方面 最寄 周辺 付近 徒歩 各 ターミナル 及 並 又 側")))  # from one station to the next
