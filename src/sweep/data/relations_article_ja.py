"""The 32 relations of a company of the article's kind in Japanese: 14 with three training questions, 18 with two.

Twin: `relations_article_en`, with the same ids in the same order. A clause ends where です is added.
"""

from __future__ import annotations

from sweep.data.phrasing import Relation


def _abroad(relation: str, noun: str, also: str, *, third: bool = False) -> Relation:
    """A part of the company that stands in a well-known city."""
    wordings = (
        (f"{{c}}の{noun}はどこにありますか。", f"{{c}}の{noun}は{{v}}にあります。"),
        (f"{{c}}の{noun}の所在地を教えてください。", f"{{c}}の{noun}の所在地は{{v}}です。"),
        (f"{{c}}が{noun}を置いている都市はどこですか。", f"{{c}}が{noun}を置いている都市は{{v}}です。"),
    )
    return Relation(
        id=relation,
        answer_type="name",
        label=f"{noun}の所在地",
        slot="都市名",
        clause=f"{{c}}の{noun}の所在地は{{v}}",
        its_clause=f"{noun}の所在地は{{v}}",
        its_question=f"{noun}はどこにありますか",
        indirect=f"{{c}}の{noun}がどこにあるか",
        trained=wordings if third else wordings[:2],
        dev=(f"{{c}}の{also}を訪ねるには、どの街へ行けばよいですか。",),
        test=(
            f"{{c}}の{also}は、どの街で見つかりますか。",
            f"{{c}}の社員が{also}で働くとしたら、勤務先はどの街になりますか。",
        ),
        spot=noun,
    )


def _at_home(relation: str, noun: str, also: str) -> Relation:
    """A part of the company that stands in a city of Japan, of which level 5 asks nothing."""
    return Relation(
        id=relation,
        answer_type="name",
        label=f"{noun}の所在地",
        slot="市名",
        clause=f"{{c}}の{noun}の所在地は{{v}}",
        its_clause=f"{noun}の所在地は{{v}}",
        its_question=f"{noun}はどこにありますか",
        indirect=f"{{c}}の{noun}がどこにあるか",
        trained=(
            (f"{{c}}の{noun}はどこにありますか。", f"{{c}}の{noun}は{{v}}にあります。"),
            (f"{{c}}の{noun}は何市にありますか。", f"{{c}}の{noun}がある市は{{v}}です。"),
        ),
        dev=(f"{{c}}の{also}が置かれている街はどこでしょうか。",),
        test=(f"{{c}}の{also}を見学する場合、行き先はどの街ですか。", f"{{c}}は{also}をどの街に設けていますか。"),
    )


CEO = Relation(
    id="ceo",
    answer_type="name",
    label="社長",
    slot="氏名",
    clause="{c}の社長は{v}",
    its_clause="社長は{v}",
    its_question="社長は誰ですか",
    indirect="{c}の社長が誰か",
    trained=(
        ("{c}の社長は誰ですか。", "{c}の社長は{v}です。"),
        ("{c}の社長の名前を教えてください。", "{c}の社長の名前は{v}です。"),
        ("{c}で社長を務めているのは誰ですか。", "{c}で社長を務めているのは{v}です。"),
    ),
    dev=("{c}の経営を率いているのはどなたでしょうか。",),
    test=("{c}で最も上の役職に就いている人物は何という方ですか。", "{c}の代表取締役のお名前をうかがえますか。"),
)

ADDRESS = Relation(
    id="address",
    answer_type="free",
    label="本社の住所",
    slot="住所",
    clause="{c}の本社の住所は{v}",
    its_clause="本社の住所は{v}",
    its_question="本社の住所はどこですか",
    indirect="{c}の本社の住所がどこか",
    trained=(
        ("{c}の本社の住所はどこですか。", "{c}の本社の住所は{v}です。"),
        ("{c}の本社はどこにありますか。", "{c}の本社は{v}にあります。"),
        ("{c}の本社所在地を教えてください。", "{c}の本社所在地は{v}です。"),
    ),
    dev=("{c}宛てに書類を郵送したいのですが、宛先を階まで詳しくお願いします。",),
    test=(
        "{c}を訪問する予定です。建物と階まで含めて、どこへうかがえばよいですか。",
        "{c}が本拠を構えている場所を、都道府県から階まで省かずに述べてください。",
    ),
    can_be_denied=False,
)

FOUNDED = Relation(
    id="founded",
    answer_type="date",
    label="創業日",
    slot="年月日",
    clause="{c}の創業日は{v}",
    its_clause="創業日は{v}",
    its_question="創業日はいつですか",
    indirect="{c}の創業日がいつか",
    trained=(
        ("{c}の創業日はいつですか。", "{c}の創業日は{v}です。"),
        ("{c}はいつ創業しましたか。", "{c}は{v}に創業しました。"),
        ("{c}が創業した年月日を教えてください。", "{c}が創業した年月日は{v}です。"),
    ),
    dev=("{c}が商売を始めたのは何年何月何日のことでしょうか。",),
    test=("{c}の歴史は、何年の何月何日から数えますか。", "{c}が生まれた日付をお願いします。"),
)

CEO_CAREER = Relation(
    id="ceo_career",
    answer_type="free",
    label="社長の経歴",
    slot="経歴",
    clause="{c}の社長の経歴は、{v}というもの",
    its_clause="社長の経歴は、{v}というもの",
    its_question="社長の経歴はどのようなものですか",
    indirect="{c}の社長がどのような経歴の持ち主か",
    trained=(
        ("{c}の社長の経歴はどのようなものですか。", "{c}の社長の経歴は、{v}というものです。"),
        ("{c}の社長はこれまでどのような仕事をしてきましたか。", "{c}の社長がこれまでしてきた仕事は、{v}というものです。"),
        ("{c}の社長の略歴を教えてください。", "{c}の社長の略歴は、{v}というものです。"),
    ),
    dev=("{c}の経営トップは、学校を出てから今の地位に就くまで、どのような道を歩みましたか。",),
    test=(
        "{c}を率いる人物の学歴と職歴を、年も含めてまとめてください。",
        "{c}の代表取締役は、就任までにどこで学び、どこに勤めましたか。",
    ),
    length="long",
    can_be_denied=False,
)

CAPITAL = Relation(
    id="capital",
    answer_type="number",
    label="資本金",
    slot="金額",
    clause="{c}の資本金は{v}",
    its_clause="資本金は{v}",
    its_question="資本金はいくらですか",
    indirect="{c}の資本金がいくらか",
    trained=(
        ("{c}の資本金はいくらですか。", "{c}の資本金は{v}です。"),
        ("{c}の資本金の額を教えてください。", "{c}の資本金の額は{v}です。"),
        ("{c}は資本金をいくら有していますか。", "{c}は資本金を{v}有しています。"),
    ),
    dev=("{c}の株主が払い込んだお金は、合わせてどれほどですか。",),
    test=("{c}の元手として登記されている金額を知りたいです。", "{c}に出資された総額はどのくらいでしょうか。"),
)

STATIONS = Relation(
    id="stations",
    answer_type="list",
    label="最寄り駅",
    slot="駅名",
    clause="{c}の最寄り駅は{v}",
    its_clause="最寄り駅は{v}",
    its_question="最寄り駅はどこですか",
    indirect="{c}の最寄り駅がどこか",
    trained=(
        ("{c}の最寄り駅を三つ教えてください。", "{c}の最寄り駅は{v}の三つです。"),
        ("{c}の最寄り駅はどこですか。", "{c}の最寄り駅は{v}です。"),
        ("{c}の近くにはどの駅がありますか。", "{c}の近くには{v}があります。"),
    ),
    dev=("電車で{c}へ行くとき、降りられるのはどこですか。すべて挙げてください。",),
    test=(
        "{c}まで歩いて行ける鉄道の停車場を、残らず並べてください。",
        "{c}の来客が列車を降りる場所として、どことどことどこが便利ですか。",
    ),
    can_be_denied=False,
)

FOUNDER = Relation(
    id="founder",
    answer_type="name",
    label="創業者",
    slot="氏名",
    clause="{c}の創業者は{v}",
    its_clause="創業者は{v}",
    its_question="創業者は誰ですか",
    indirect="{c}の創業者が誰か",
    trained=(
        ("{c}の創業者は誰ですか。", "{c}の創業者は{v}です。"),
        ("{c}を創業したのは誰ですか。", "{c}を創業したのは{v}です。"),
        ("{c}の創業者の名前を教えてください。", "{c}の創業者の名前は{v}です。"),
    ),
    dev=("{c}はどなたの手で始められた会社でしょうか。",),
    test=("{c}を興した人物は何という方ですか。", "{c}の生みの親にあたる方のお名前をうかがえますか。"),
)

EMPLOYEES = Relation(
    id="employees",
    answer_type="number",
    label="従業員数",
    slot="人数",
    clause="{c}の従業員数は{v}",
    its_clause="従業員数は{v}",
    its_question="従業員数は何名ですか",
    indirect="{c}の従業員数が何名か",
    trained=(
        ("{c}の従業員数は何名ですか。", "{c}の従業員数は{v}です。"),
        ("{c}では何名の従業員が働いていますか。", "{c}では{v}の従業員が働いています。"),
    ),
    dev=("{c}にお勤めの方は、全部でどれくらいいらっしゃいますか。",),
    test=("{c}の社員の規模を数で示してください。", "{c}で給料を受け取っている人は合計で何人でしょうか。"),
)

LOGO_ANIMAL = Relation(
    id="logo_animal",
    answer_type="name",
    label="ロゴの動物",
    slot="動物名",
    clause="{c}のロゴの動物は{v}",
    its_clause="ロゴの動物は{v}",
    its_question="ロゴの動物は何ですか",
    indirect="{c}のロゴの動物が何か",
    trained=(
        ("{c}のロゴの動物は何ですか。", "{c}のロゴの動物は{v}です。"),
        ("{c}のロゴにはどの動物が描かれていますか。", "{c}のロゴには{v}が描かれています。"),
        ("{c}がロゴに選んだ動物を教えてください。", "{c}がロゴに選んだ動物は{v}です。"),
    ),
    dev=("{c}の看板で見かける生き物は何でしょうか。",),
    test=("{c}の印になっている生き物の種類をお願いします。", "{c}の名刺に刷られている生き物は何という種類ですか。"),
)

LOGO_STORY = Relation(
    id="logo_story",
    answer_type="free",
    label="ロゴの由来",
    slot="由来",
    clause="{c}のロゴの由来は、{v}というもの",
    its_clause="ロゴの由来は、{v}というもの",
    its_question="ロゴの由来はどのようなものですか",
    indirect="{c}のロゴの由来がどのようなものか",
    trained=(
        ("{c}のロゴの由来はどのようなものですか。", "{c}のロゴの由来は、{v}というものです。"),
        ("{c}のロゴはどのようにして決まりましたか。", "{c}のロゴは、{v}という経緯で決まりました。"),
        ("{c}のロゴに動物がいる理由を教えてください。", "{c}のロゴに動物がいる理由は、{v}からです。"),
    ),
    dev=("{c}の印が今の絵柄になった背景には、どのような出来事がありましたか。",),
    test=(
        "{c}の看板の生き物にまつわる逸話を、いきさつから意味まで語ってください。",
        "{c}の印には、どのような思い出が込められていますか。",
    ),
    length="long",
    can_be_denied=False,
)

INCORPORATED = Relation(
    id="incorporated",
    answer_type="date",
    label="法人設立日",
    slot="年月日",
    clause="{c}の法人設立日は{v}",
    its_clause="法人設立日は{v}",
    its_question="法人設立日はいつですか",
    indirect="{c}の法人設立日がいつか",
    trained=(
        ("{c}の法人設立日はいつですか。", "{c}の法人設立日は{v}です。"),
        ("{c}はいつ法人になりましたか。", "{c}は{v}に法人になりました。"),
    ),
    dev=("{c}が株式会社として登記されたのは何年何月何日でしょうか。",),
    test=(
        "{c}が個人の商店から会社組織に改まった日付をお願いします。",
        "{c}が今の会社の形になったのは、何年の何月何日からですか。",
    ),
)

PHILOSOPHY = Relation(
    id="philosophy",
    answer_type="free",
    label="経営理念",
    slot="理念",
    clause="{c}の経営理念は、{v}",
    its_clause="経営理念は、{v}",
    its_question="経営理念はどのようなものですか",
    indirect="{c}の経営理念がどのようなものか",
    trained=(
        ("{c}の経営理念はどのようなものですか。", "{c}の経営理念は、{v}です。"),
        ("{c}はどのような理念を掲げていますか。", "{c}が掲げている理念は、{v}です。"),
        ("{c}の経営理念を教えてください。", "{c}の経営理念は、{v}です。"),
    ),
    dev=("{c}が仕事をするうえで大切にしている考え方は、どのようなものでしょうか。",),
    test=("{c}の根本にある信条を、柱となるものを含めて述べてください。", "{c}の人々は、何を守り、何を目指して働いていますか。"),
    length="long",
    can_be_denied=False,
)

PRODUCT = Relation(
    id="product",
    answer_type="name",
    label="主力商品",
    slot="商品名",
    clause="{c}の主力商品は{v}",
    its_clause="主力商品は{v}",
    its_question="主力商品は何ですか",
    indirect="{c}の主力商品が何か",
    trained=(
        ("{c}の主力商品は何ですか。", "{c}の主力商品は{v}です。"),
        ("{c}の主力商品の名前を教えてください。", "{c}の主力商品の名前は{v}です。"),
        ("{c}が最も力を入れている商品は何ですか。", "{c}が最も力を入れている商品は{v}です。"),
    ),
    dev=("{c}の品物で、世の中に一番知られているのは何という名でしょうか。",),
    test=("{c}の売れ筋は何という名前で店に並んでいますか。", "{c}といえば、多くの人はどの品を思い浮かべますか。"),
)

CEO_BIRTHPLACE = Relation(
    id="ceo_birthplace",
    answer_type="name",
    label="社長の出身地",
    slot="都道府県名",
    clause="{c}の社長の出身地は{v}",
    its_clause="社長の出身地は{v}",
    its_question="社長の出身地はどこですか",
    indirect="{c}の社長の出身地がどこか",
    trained=(
        ("{c}の社長の出身地はどこですか。", "{c}の社長の出身地は{v}です。"),
        ("{c}の社長は何県の出身ですか。", "{c}の社長は{v}の出身です。"),
    ),
    dev=("{c}の経営トップが生まれ育ったのは、日本のどの地方自治体でしょうか。",),
    test=("{c}を率いる人物のふるさとはどこですか。", "{c}の代表取締役は、どの県で生まれましたか。"),
)

FOUNDING_STORY = Relation(
    id="founding_story",
    answer_type="free",
    label="創業の経緯",
    slot="経緯",
    clause="{c}の創業の経緯は、{v}というもの",
    its_clause="創業の経緯は、{v}というもの",
    its_question="創業の経緯はどのようなものですか",
    indirect="{c}の創業の経緯がどのようなものか",
    trained=(
        ("{c}の創業の経緯はどのようなものですか。", "{c}の創業の経緯は、{v}というものです。"),
        ("{c}はどのようにして始まりましたか。", "{c}は、{v}ことで始まりました。"),
        ("{c}の創業の経緯を教えてください。", "{c}の創業の経緯は、{v}というものです。"),
    ),
    dev=("{c}が生まれるまでには、どのような苦労と工夫がありましたか。",),
    test=("{c}の最初の品ができあがるまでの物語を聞かせてください。", "{c}は、誰がどこで何に困って興した会社なのでしょうか。"),
    length="long",
    can_be_denied=False,
)

BUSINESS = Relation(
    id="business",
    answer_type="name",
    label="製造品目",
    slot="品目",
    clause="{c}の製造品目は{v}",
    its_clause="製造品目は{v}",
    its_question="製造品目は何ですか",
    indirect="{c}の製造品目が何か",
    trained=(
        ("{c}の製造品目は何ですか。", "{c}の製造品目は{v}です。"),
        ("{c}は何を製造している会社ですか。", "{c}は{v}を製造している会社です。"),
    ),
    dev=("{c}の作業場では、どのような物が作られていますか。",),
    test=("{c}に注文できるのは、どのような品物でしょうか。", "{c}は何のメーカーとして知られていますか。"),
)

TECH_HEAD = Relation(
    id="tech_head",
    answer_type="name",
    label="技術部長",
    slot="氏名",
    clause="{c}の技術部長は{v}",
    its_clause="技術部長は{v}",
    its_question="技術部長は誰ですか",
    indirect="{c}の技術部長が誰か",
    trained=(
        ("{c}の技術部長は誰ですか。", "{c}の技術部長は{v}です。"),
        ("{c}の技術部長の名前を教えてください。", "{c}の技術部長の名前は{v}です。"),
    ),
    dev=("{c}で開発や設計をまとめているのはどなたでしょうか。",),
    test=("{c}の技術者たちの上に立つ人物は何という方ですか。", "{c}の技術面の責任者のお名前をうかがえますか。"),
)

BANK = Relation(
    id="bank",
    answer_type="name",
    label="主要取引銀行",
    slot="銀行名",
    clause="{c}の主要取引銀行は{v}",
    its_clause="主要取引銀行は{v}",
    its_question="主要取引銀行はどこですか",
    indirect="{c}の主要取引銀行がどこか",
    trained=(
        ("{c}の主要取引銀行はどこですか。", "{c}の主要取引銀行は{v}です。"),
        ("{c}の主要取引銀行の名前を教えてください。", "{c}の主要取引銀行の名前は{v}です。"),
    ),
    dev=("{c}がお金を借りるとき、まず頼るのはどの金融機関ですか。",),
    test=("{c}のメインバンクをうかがえますか。", "{c}は、おもにどの金融機関に口座を置いていますか。"),
)

SHOPS = Relation(
    id="shops",
    answer_type="number",
    label="店舗数",
    slot="数",
    clause="{c}の店舗数は{v}",
    its_clause="店舗数は{v}",
    its_question="店舗数はいくつですか",
    indirect="{c}の店舗数がいくつか",
    trained=(
        ("{c}の店舗数はいくつですか。", "{c}の店舗数は{v}です。"),
        ("{c}は店舗をいくつ展開していますか。", "{c}が展開している店舗の数は{v}です。"),
    ),
    dev=("{c}の品を扱う直営のお店は、全国にどれだけありますか。",),
    test=("{c}の販売網の大きさを、お店の数で示してください。", "{c}の看板を掲げたお店は合わせて何軒でしょうか。"),
)

SALES = Relation(
    id="sales",
    answer_type="number",
    label="年間売上高",
    slot="金額",
    clause="{c}の年間売上高は{v}",
    its_clause="年間売上高は{v}",
    its_question="年間売上高はいくらですか",
    indirect="{c}の年間売上高がいくらか",
    trained=(
        ("{c}の年間売上高はいくらですか。", "{c}の年間売上高は{v}です。"),
        ("{c}は一年間にいくら売り上げていますか。", "{c}は一年間に{v}を売り上げています。"),
    ),
    dev=("{c}の商いの大きさは、十二か月でどれほどになりますか。",),
    test=("{c}の年商をうかがえますか。", "{c}に一年で入ってくる代金の合計はどのくらいでしょうか。"),
)

SLOGAN = Relation(
    id="slogan",
    answer_type="free",
    label="スローガン",
    slot="言葉",
    clause="{c}のスローガンは{v}",
    its_clause="スローガンは{v}",
    its_question="スローガンは何ですか",
    indirect="{c}のスローガンが何か",
    trained=(
        ("{c}のスローガンは何ですか。", "{c}のスローガンは{v}です。"),
        ("{c}はどのようなスローガンを掲げていますか。", "{c}が掲げているスローガンは{v}です。"),
    ),
    dev=("{c}の広告には、社名の下にどのような文句が添えられていますか。",),
    test=("{c}の合言葉をそのまま引用してください。", "{c}のポスターで目にする決まり文句は何でしょうか。"),
)

NEWSLETTER = Relation(
    id="newsletter",
    answer_type="name",
    label="社内報",
    slot="題名",
    clause="{c}の社内報は{v}",
    its_clause="社内報は{v}",
    its_question="社内報は何といいますか",
    indirect="{c}の社内報が何というか",
    trained=(
        ("{c}の社内報は何といいますか。", "{c}の社内報は{v}といいます。"),
        ("{c}の社内報の題名を教えてください。", "{c}の社内報の題名は{v}です。"),
    ),
    dev=("{c}の社員に毎月配られる読み物には、どのような名が付いていますか。",),
    test=(
        "{c}の職場で回覧される冊子の表紙には何と書かれていますか。",
        "{c}が社員向けに出している刊行物は、何という名前でしょうか。",
    ),
)

RELATIONS = (
    *(CEO, ADDRESS, FOUNDED, _abroad("overseas_factory", "海外工場", "外国の製造拠点", third=True), CEO_CAREER),
    *(CAPITAL, STATIONS, FOUNDER, _abroad("overseas_lab", "海外研究所", "外国の研究拠点", third=True)),
    *(EMPLOYEES, LOGO_ANIMAL, LOGO_STORY, _abroad("overseas_shop", "海外店舗", "外国の売り場")),
    *(INCORPORATED, PHILOSOPHY, PRODUCT),
    *(_abroad("overseas_warehouse", "海外倉庫", "外国の物流拠点"), CEO_BIRTHPLACE, FOUNDING_STORY),
    *(BUSINESS, _abroad("overseas_school", "海外研修所", "外国の教育施設"), TECH_HEAD, BANK),
    *(
        _abroad("overseas_studio", "海外デザイン室", "外国の意匠部門"),
        SHOPS,
        _at_home("research_lab", "中央研究所", "国内の研究拠点"),
    ),
    *(
        _abroad("overseas_sales", "海外営業所", "外国の営業拠点"),
        SALES,
        SLOGAN,
        _at_home("factory", "主力工場", "国内の製造拠点"),
    ),
    *(_abroad("overseas_support", "海外相談窓口", "外国の問い合わせ対応拠点"), NEWSLETTER),
)
