"""Word lists: what may stand right beside a name and makes no other name of it (Osaka Prefecture, 森川駅, 社長雪平)."""

from __future__ import annotations

from sweep.text.words import JAPANESE_TITLES, NO_NAMES


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# English, with a capital of their own; case-folded.
CAPITALISED = NO_NAMES.union(
    _words(
        """engineer designer professor professors jr sr phd md mba esq city town village county prefecture province state region
        district area ward street building tower floor station airport central greater downtown headquarters campus factory
        warehouse laboratory lab studio school shop plant site japan usa uk language languages people citizen citizens national
        nationals nationality currency peso pesos dollar dollars pound pounds baht rupee rupees franc francs crown won ruble
        rubles forint sol answer logo mascot animal product newsletter slogan motto bank partner"""
    )
)

# Japanese, behind a name. ALONE: one character each, with nothing else behind them than one another or one of BEHIND.
BEHIND = JAPANESE_TITLES + _words(
    """先生 女史 博士 教授 夫妻 本人 自身 個人 名義 両名 全員 同様 名前 会社 企業 事業 専用 製品 商品 自体 両方
    地方 地区 地域 方面 付近 周辺 近辺 近郊 郊外 市内 市街 中心 都市 都心 空港 経由 徒歩 下車 最寄 直結 改札
    出口 東口 西口 南口 北口 中央口 構内
    連邦 共和国 王国 合衆国 帝国 諸島 大陸 国内 国外 本社 支社 本店 支店 店舗 工場 営業所 事業所 研究所 本部 支部 倉庫
    出身 在住 在勤 在任 在籍 生誕 誕生 就任 退任 入学 卒業 入社 勤務 担当 代表 主宰 監督 指揮 所有 所属 所在 位置 存在
    創業 創立 創設 設立 開業 発足 登場 出発 到着 生産 産出 製造 開発 販売 提供 採用 使用 利用 導入 経営 運営
    以外 以上 以下 以降 以前 時代 当時 現在 オフィス センター ビル グループ チーム マーク ロゴ エリア キャンパス"""
)
ALONE = "氏様君殿家兼及並又等他間内外側中発着行産製生型式風科類属種印号版編用向人県都府州省市区町村郡国社店駅"

# Japanese, before a name. ENDS: characters that end a word of two or more, such as 創業者, 出身地, 富山県.
BEFORE = JAPANESE_TITLES + _words(
    """現在 弊社 当社 同社 自社 御社 貴社 本社 支社 本店 支店 会社 工場 営業所 事業所 研究所 倉庫 店舗 銀行 大学 学校
    住所 場所 都市 首都 地域 地方 北海道 最寄駅 最寄 経由 出身 担当 動物 商品 製品 通貨 言語 公用語 国籍 回答 正解 結論
    校長 院長 館長 室長 局長 園長 場長 係長 班長"""
)
ENDS = "名地者先県都府市区郡州国駅"
