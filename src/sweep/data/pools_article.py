"""Names and words for companies of the article's kind, each in Japanese and English, so that one draw serves both languages.

Nobody and nothing here is meant to exist, except prefectures, the well-known cities and what is commonly known about these.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Word:
    """One thing and its names; `*_also` are further spellings that count as right."""

    ja: str
    en: str
    ja_also: tuple[str, ...] = ()
    en_also: tuple[str, ...] = ()
    en_said: str = ""  # inside an English sentence, where that differs: "an otter"


@dataclass(frozen=True)
class City:
    """A well-known city that is no capital, what is common knowledge about it, and what many wrongly believe.

    Many take the city itself for the capital of its country.
    """

    name: Word
    country: Word
    language: Word
    currency: Word
    capital: Word
    believed: dict[str, Word] = field(default_factory=dict)  # kind -> wrong answer, beside that capital


COMPANIES = (
    *(("灯椋舎", "Tomomuku"), ("雪椋製作所", "Yukimuku"), ("澪杜堂", "Miomori"), ("凪楡工房", "Naginire")),
    *(("朔椎製作所", "Sakujii"), ("榛鴫舎", "Harushigi"), ("樺凪堂", "Kabanagi"), ("霧鷺工房", "Kirisagi")),
    *(("苔鈴製作所", "Kokesuzu"), ("蔓月堂", "Tsuruzuki"), ("汐椛舎", "Shiomomi"), ("柿鷹工房", "Kakitaka")),
    *(("潮楓製作所", "Shiokaede"), ("葦星堂", "Ashiboshi"), ("鳩樫舎", "Hatogashi"), ("蓬鳴工房", "Yomonari")),
    *(("楠露製作所", "Kusutsuyu"), ("桐雁堂", "Kirikari"), ("萩鴎舎", "Hagikamome"), ("藍鷺工房", "Aisagi")),
    *(("杉鳰製作所", "Suginio"), ("霜燕堂", "Shimotsubame"), ("栃鶉舎", "Tochiuzura"), ("桑蛍工房", "Kuwabotaru")),
)

LAST_NAMES = (
    *(("柊木", "Hiiragi"), ("雪平", "Yukihira"), ("鳴瀬", "Naruse"), ("灯野", "Tomono"), ("霧原", "Kirihara")),
    *(("榛名", "Haruna"), ("羽鷺", "Hasagi"), ("汐見", "Shiomi"), ("椋本", "Mukumoto"), ("鶴巻", "Tsurumaki")),
    *(("篠目", "Shinome"), ("朽木", "Kutsuki"), ("乙部", "Otobe"), ("樫村", "Kashimura"), ("梶浦", "Kajiura")),
    *(("瑞木", "Mizuki"), ("狭間", "Hazama"), ("碓氷", "Usui"), ("楡井", "Nirei"), ("蓮沼", "Hasunuma")),
)
FIRST_NAMES = (
    *(("透真", "Toma"), ("澄佳", "Sumika"), ("朔弥", "Sakuya"), ("千暁", "Chiaki"), ("玄太", "Genta"), ("綾芽", "Ayame")),
    *(("志紀", "Shiki"), ("蓮司", "Renji"), ("梢枝", "Kozue"), ("惣介", "Sosuke"), ("灯子", "Toko"), ("伊織", "Iori")),
    *(("久遠", "Kuon"), ("凪沙", "Nagisa"), ("碧人", "Aoto"), ("琢真", "Takuma"), ("貴理", "Kiri"), ("朝陽", "Asahi")),
)

PREFECTURES = (
    *(("岐阜", "Gifu"), ("山形", "Yamagata"), ("徳島", "Tokushima"), ("宮崎", "Miyazaki"), ("福井", "Fukui")),
    *(("島根", "Shimane"), ("秋田", "Akita"), ("滋賀", "Shiga"), ("富山", "Toyama"), ("群馬", "Gunma")),
)
HOME_CITIES = (  # real ones, for sites in Japan
    *(("松本", "Matsumoto"), ("函館", "Hakodate"), ("高松", "Takamatsu"), ("米子", "Yonago"), ("弘前", "Hirosaki")),
    *(("佐世保", "Sasebo"), ("小樽", "Otaru"), ("金沢", "Kanazawa"), ("倉敷", "Kurashiki"), ("浜松", "Hamamatsu")),
)
TOWNS = (  # cities that do not exist, for the address
    *(("雪代", "Yukishiro"), ("澄江", "Sumie"), ("霧里", "Kirisato"), ("葦原", "Ashihara"), ("桐谷", "Kiritani")),
    *(("羽白", "Hashiro"), ("楓野", "Kaedeno"), ("鈴江", "Suzue")),
)
STREETS = (
    *(("千草町", "Chigusa-cho"), ("柳堀町", "Yanagibori-cho"), ("鍛冶屋町", "Kajiya-cho"), ("紺屋町", "Konya-cho")),
    *(("籠目町", "Kagome-cho"), ("灯台町", "Todai-cho"), ("反物町", "Tanmono-cho"), ("水車町", "Suisha-cho")),
)
BUILDINGS = (
    *(("千鳥ビル", "Chidori Building"), ("つむぎビル", "Tsumugi Building"), ("若鮎ビル", "Wakaayu Building")),
    *(("麦笛ビル", "Mugibue Building"), ("糸車ビル", "Itoguruma Building"), ("渡り鳥ビル", "Wataridori Building")),
)
STATIONS = (
    *(("森川", "Morikawa"), ("青柳", "Aoyagi"), ("鳴沢", "Narusawa"), ("栗田", "Kurita"), ("桜庭", "Sakuraba")),
    *(("菅野", "Sugeno"), ("稲葉", "Inaba"), ("杉沢", "Sugisawa"), ("早瀬", "Hayase"), ("藤里", "Fujisato")),
)
SIDES = (("新", "Shin"), ("東", "Higashi"), ("北", "Kita"), ("南", "Minami"), ("西", "Nishi"))  # make a longer name of a station

ANIMALS = (
    Word("カワウソ", "otter", ("川獺", "かわうそ"), en_said="an otter"),
    Word("アオサギ", "heron", ("青鷺", "あおさぎ"), en_said="a heron"),
    Word("アナグマ", "badger", ("穴熊", "あなぐま"), en_said="a badger"),
    Word("ハリネズミ", "hedgehog", ("針鼠", "はりねずみ"), en_said="a hedgehog"),
    Word("ヤマネコ", "lynx", ("山猫", "やまねこ"), en_said="a lynx"),
    Word("リクガメ", "tortoise", ("陸亀", "りくがめ"), en_said="a tortoise"),
    Word("ハヤブサ", "falcon", ("隼", "はやぶさ"), en_said="a falcon"),
    Word("フクロウ", "owl", ("梟", "ふくろう"), en_said="an owl"),
    Word("ビーバー", "beaver", en_said="a beaver"),
    Word("キツツキ", "woodpecker", ("啄木鳥", "きつつき"), en_said="a woodpecker"),
)
GOODS = (
    Word("折りたたみいす", "folding chairs", ("折り畳み椅子", "折りたたみ椅子", "折り畳みいす")),
    Word("木製の置き時計", "wooden clocks", ("木の置き時計",)),
    Word("真鍮の望遠鏡", "brass telescopes", ("真鍮製の望遠鏡",)),
    Word("ガラスの急須", "glass teapots", ("ガラス製の急須",)),
    Word("和紙の照明器具", "paper lamps", ("和紙の照明",)),
    Word("羊毛の毛布", "woollen blankets", ("ウールの毛布",)),
    Word("革の旅行かばん", "leather suitcases", ("革製の旅行かばん", "革の旅行鞄")),
    Word("子ども用の三輪車", "tricycles", ("三輪車",), ("tricycle",)),
)
PRODUCTS = (
    *(Word("ミズヨイ", "Mizuyoi"), Word("ツキナミカ", "Tsukinamika"), Word("ハルカゴ", "Harukago"), Word("ソラノメ", "Soranome")),
    *(Word("ヒナタギ", "Hinatagi"), Word("ユキホタ", "Yukihota"), Word("コトノワ", "Kotonowa"), Word("アメノハシ", "Amenohashi")),
)
BANKS = (
    *(Word("白嶺銀行", "Hakurei Bank"), Word("霜月銀行", "Shimotsuki Bank"), Word("渡瀬銀行", "Watase Bank")),
    *(Word("木槌銀行", "Kizuchi Bank"), Word("浦波銀行", "Uranami Bank"), Word("穂高根銀行", "Hodakane Bank")),
)
PAPERS = (
    *(Word("あさぎり便り", "Morning Mist"), Word("かんな屑", "Wood Shavings"), Word("月曜の灯", "Monday Lamp")),
    *(Word("渡り廊下", "Covered Walk"), Word("ねじ回し", "Screwdriver"), Word("七輪だより", "Charcoal Letters")),
)
SLOGANS = (
    *(Word("急がず、たゆまず、まっすぐに", "slow hands, steady light"), Word("明日の朝も使いたい", "wanted again tomorrow")),
    *(Word("手のひらから始まる", "it begins in the palm"), Word("直して、使って、譲る", "mend it, use it, hand it on")),
    *(Word("静かな道具、にぎやかな家", "quiet tools, lively homes"), Word("雨の日ほど頼もしく", "best on a rainy day")),
)

# ---- long facts: each slot is a part that an answer must hold -----------------------------------------------------------

UNIVERSITIES = (
    *(Word("北嶺工科大学", "Hokurei Institute of Technology"), Word("瑞浦大学", "Mizuura University")),
    *(Word("白鳥台大学", "Shiratoridai University"), Word("暁丘大学", "Akegaoka University")),
    *(Word("鳴海谷大学", "Narumidani University"), Word("藍住野大学", "Aizumino University")),
)
FACULTIES = (
    *(Word("工学部", "engineering"), Word("経済学部", "economics"), Word("農学部", "agriculture")),
    *(Word("文学部", "literature"), Word("理学部", "science")),
)
EMPLOYERS = (
    *(Word("霞光電機", "Kako Electric"), Word("大樟商事", "Okusu Trading"), Word("羽場精密", "Haba Precision")),
    *(Word("潮見台造船", "Shiomidai Shipbuilding"), Word("若狭野紡績", "Wakasano Spinning"), Word("稲光製鋼", "Inako Steel")),
)
POSTS = (
    *(Word("営業部長", "head of sales"), Word("品質管理部長", "head of quality control")),
    *(Word("海外事業部長", "head of overseas business"), Word("生産技術部長", "head of production")),
)
MOMENTS = (
    *(Word("真冬の吹雪の夜", "on a snowy midwinter night"), Word("台風の翌朝", "on the morning after a typhoon")),
    *(Word("春先の大水の朝", "on a morning of spring floods"), Word("梅雨の長雨の夕方", "on a rainy evening in June")),
)
CORNERS = (
    *(Word("資材置き場", "the storage yard"), Word("乾燥小屋", "the drying shed")),
    *(Word("荷車の下", "the space under the handcart"), Word("井戸小屋", "the well house")),
)
CARERS = (
    *(Word("創業者の娘", "the founder's daughter"), Word("見習いの少年", "a young apprentice")),
    *(Word("夜警の老人", "the old night watchman"), Word("食堂の料理人", "the canteen cook")),
)
MEANINGS = (
    *(Word("恩を忘れない心", "a heart that forgets no kindness"), Word("休まない根気", "patience that never rests")),
    *(Word("弱い者を守る約束", "a promise to protect the weak"), Word("必ず帰る場所", "a place to come home to")),
)
PRINCIPLES = (
    Word("直せない品は作らないこと", "make nothing that cannot be mended", ("直せない品は作らない",)),
    Word("朝一番にお客様の手紙を読むこと", "read customers' letters first thing", ("朝一番にお客様の手紙を読",)),
    Word("川の水を澄ませて返すこと", "give river water back clear", ("川の水を澄ませて返",)),
    Word("見習いにも図面を描かせること", "let apprentices draw plans too", ("見習いにも図面を描か",)),
    Word("売る前に自分の家で使うこと", "use at home before selling", ("売る前に自分の家で使",)),
    Word("古い道具を磨いて残すこと", "oil and keep old tools", ("古い道具を磨いて残",)),
    Word("隣町の店から仕入れること", "buy from shops of the next town", ("隣町の店から仕入れ",)),
    Word("失敗を翌朝みんなに話すこと", "tell everyone of a failure next morning", ("失敗を翌朝みんなに話",)),
)
CRAFTS = (
    *(Word("時計職人", "a clockmaker"), Word("船大工", "a shipwright"), Word("小学校の用務員", "a school caretaker")),
    *(Word("蒸気機関の修理工", "a mender of steam engines"), Word("紙問屋の番頭", "a paper merchant's clerk")),
)
TROUBLES = (
    *(Word("雨で傷む荷箱", "boxes that rain ruined"), Word("重すぎる学習机", "desks too heavy for children")),
    *(Word("すぐに切れる荷綱", "ropes that soon broke"), Word("冬に固まる塗料", "paint that froze in winter")),
)
FIRST_ROOMS = (
    *(Word("閉じた銭湯の釜場", "the boiler room of a closed bathhouse"), Word("寺の納屋", "the barn of a temple")),
    *(Word("空いた蚕小屋", "an empty silkworm shed"), Word("廃校の理科室", "the laboratory of a closed school")),
)

# ---- abroad: one list a region, of each a few are drawn -----------------------------------------------------------------

ENGLISH, GERMAN, FRENCH = Word("英語", "English"), Word("ドイツ語", "German"), Word("フランス語", "French")
ITALIAN, POLISH, RUSSIAN = Word("イタリア語", "Italian"), Word("ポーランド語", "Polish"), Word("ロシア語", "Russian")
PORTUGUESE, SPANISH, ARABIC = Word("ポルトガル語", "Portuguese"), Word("スペイン語", "Spanish"), Word("アラビア語", "Arabic")
TURKISH, URDU = Word("トルコ語", "Turkish"), Word("ウルドゥー語", "Urdu", ("ウルドゥ語",))
CHINESE = Word("中国語", "Chinese", ("北京語", "普通話"), ("Mandarin",))
KOREAN, VIETNAMESE = Word("韓国語", "Korean", ("朝鮮語",)), Word("ベトナム語", "Vietnamese")

# No name here stands inside a country or city of another kind: ドン is in ロンドン, フラン in フランス.
EURO = Word("ユーロ", "euro", (), ("euros", "EUR"))
US_DOLLAR = Word("米ドル", "US dollar", ("アメリカドル",), ("American dollar", "US dollars", "USD"))
FRANC = Word("スイスフラン", "Swiss franc", (), ("franc", "francs", "CHF"))
REAL = Word("レアル", "Brazilian real", ("ブラジルレアル", "ヘアイス"), ("the real", "reais", "BRL"))
AUSTRALIAN_DOLLAR = Word("オーストラリアドル", "Australian dollar", ("豪ドル",), ("Australian dollars", "AUD"))
CANADIAN_DOLLAR = Word("カナダドル", "Canadian dollar", ("加ドル",), ("Canadian dollars", "CAD"))
NEW_ZEALAND_DOLLAR = Word("ニュージーランドドル", "New Zealand dollar", (), ("New Zealand dollars", "NZD"))

SWITZERLAND, CANADA, BRAZIL = Word("スイス", "Switzerland"), Word("カナダ", "Canada"), Word("ブラジル", "Brazil")
AUSTRALIA, MOROCCO = Word("オーストラリア", "Australia", ("豪州",)), Word("モロッコ", "Morocco")
BERN, OTTAWA = Word("ベルン", "Bern", (), ("Berne",)), Word("オタワ", "Ottawa")
BRASILIA = Word("ブラジリア", "Brasília", (), ("Brasilia",))
CANBERRA, RABAT = Word("キャンベラ", "Canberra"), Word("ラバト", "Rabat")
DIRHAM = Word("モロッコディルハム", "Moroccan dirham", ("ディルハム",), ("dirham", "dirhams"))
EMIRATES = Word("アラブ首長国連邦", "United Arab Emirates", ("UAE",), ("UAE", "Emirates"))

ABROAD: dict[str, tuple[City, ...]] = {
    "Oceania": (
        City(Word("シドニー", "Sydney"), AUSTRALIA, ENGLISH, AUSTRALIAN_DOLLAR, CANBERRA),
        City(Word("メルボルン", "Melbourne"), AUSTRALIA, ENGLISH, AUSTRALIAN_DOLLAR, CANBERRA),
        City(
            Word("オークランド", "Auckland"),
            Word("ニュージーランド", "New Zealand"),
            ENGLISH,
            NEW_ZEALAND_DOLLAR,
            Word("ウェリントン", "Wellington", ("ウエリントン",)),
            {"country": AUSTRALIA},
        ),
    ),
    "North America": (
        City(Word("トロント", "Toronto"), CANADA, ENGLISH, CANADIAN_DOLLAR, OTTAWA, {"currency": US_DOLLAR}),
        City(Word("バンクーバー", "Vancouver"), CANADA, ENGLISH, CANADIAN_DOLLAR, OTTAWA, {"currency": US_DOLLAR}),
    ),
    "South America": (
        City(Word("リオデジャネイロ", "Rio de Janeiro"), BRAZIL, PORTUGUESE, REAL, BRASILIA, {"language": SPANISH}),
        City(Word("サンパウロ", "São Paulo", (), ("Sao Paulo",)), BRAZIL, PORTUGUESE, REAL, BRASILIA, {"language": SPANISH}),
    ),
    "Africa": (
        City(Word("カサブランカ", "Casablanca"), MOROCCO, ARABIC, DIRHAM, RABAT),
        City(Word("マラケシュ", "Marrakesh", ("マラケッシュ",), ("Marrakech",)), MOROCCO, ARABIC, DIRHAM, RABAT),
    ),
    "West Asia": (
        City(
            Word("イスタンブール", "Istanbul"),
            Word("トルコ", "Turkey", (), ("Türkiye",)),
            TURKISH,
            Word("トルコリラ", "Turkish lira", ("リラ",), ("lira",)),
            Word("アンカラ", "Ankara"),
            {"currency": EURO},
        ),
        City(
            Word("ドバイ", "Dubai"),
            EMIRATES,
            ARABIC,
            Word("UAEディルハム", "UAE dirham", ("ディルハム",), ("dirham", "dirhams", "Emirati dirham")),
            Word("アブダビ", "Abu Dhabi"),
        ),
        City(
            Word("カラチ", "Karachi"),
            Word("パキスタン", "Pakistan"),
            URDU,
            Word("パキスタンルピー", "Pakistani rupee", ("ルピー",), ("rupee", "rupees")),
            Word("イスラマバード", "Islamabad"),
            {"country": Word("インド", "India")},
        ),
    ),
    "East Asia": (
        City(
            Word("上海", "Shanghai", ("シャンハイ",)),
            Word("中国", "China", ("中華人民共和国",)),
            CHINESE,
            Word("人民元", "yuan", ("中国元",), ("renminbi", "Chinese yuan", "CNY")),
            Word("北京", "Beijing", ("ペキン",)),
        ),
        City(
            Word("釜山", "Busan", ("プサン",), ("Pusan",)),
            Word("韓国", "South Korea", ("大韓民国",), ("Korea",)),
            KOREAN,
            Word("韓国ウォン", "won", ("ウォン",), ("Korean won", "South Korean won", "KRW")),
            Word("ソウル", "Seoul"),
        ),
        City(
            Word("ホーチミン", "Ho Chi Minh City", ("ホーチミン市",), ("Saigon",)),
            Word("ベトナム", "Vietnam"),
            VIETNAMESE,
            Word("ベトナムドン", "dong", (), ("Vietnamese dong", "VND")),
            Word("ハノイ", "Hanoi"),
        ),
    ),
    "Alps and south": (
        City(Word("チューリッヒ", "Zurich", ("チューリヒ",), ("Zürich",)), SWITZERLAND, GERMAN, FRANC, BERN, {"currency": EURO}),
        City(Word("ジュネーブ", "Geneva", ("ジュネーヴ",)), SWITZERLAND, FRENCH, FRANC, BERN, {"currency": EURO}),
        City(Word("ミラノ", "Milan"), Word("イタリア", "Italy"), ITALIAN, EURO, Word("ローマ", "Rome")),
    ),
    "North and east": (
        City(
            Word("クラクフ", "Krakow", (), ("Kraków", "Cracow")),
            Word("ポーランド", "Poland"),
            POLISH,
            Word("ズウォティ", "zloty", ("ズロチ", "ズロティ"), ("Polish zloty", "złoty", "PLN")),
            Word("ワルシャワ", "Warsaw"),
            {"currency": EURO},
        ),
        City(
            Word("サンクトペテルブルク", "Saint Petersburg", ("サンクトペテルブルグ",), ("St. Petersburg", "St Petersburg")),
            Word("ロシア", "Russia"),
            RUSSIAN,
            Word("ロシアルーブル", "ruble", ("ルーブル",), ("rouble", "rubles", "roubles", "Russian ruble")),
            Word("モスクワ", "Moscow"),
        ),
        City(Word("ミュンヘン", "Munich"), Word("ドイツ", "Germany"), GERMAN, EURO, Word("ベルリン", "Berlin")),
    ),
}
