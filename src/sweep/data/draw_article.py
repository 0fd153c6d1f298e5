"""Draws a company of the article's kind: the same values in Japanese and English, whichever language asks.

`draw` takes the numbers of one Random in one order, and only then picks the language; so twins never drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from sweep.data import pools_article as pools
from sweep.data.phrasing import Drawn, Value
from sweep.data.pools_article import City, Word
from sweep.data.pools_en import MONTHS, day_in, in_words, listed, years_later

ABROAD = (  # relations that stand in a well-known city each
    *("overseas_factory", "overseas_lab", "overseas_shop", "overseas_warehouse"),
    *("overseas_school", "overseas_studio", "overseas_sales", "overseas_support"),
)
T = TypeVar("T")
_LEAD = re.compile(r"^(?:on |in )?(?:an? |the )?")  # what an answer may say otherwise before a part


@dataclass(frozen=True)
class Twin:
    """One value in both languages."""

    ja: Value
    en: Value


Pair = tuple[Twin, tuple[Twin, ...]]  # the right one, and wrong ones of the same kind


def draw(code: str, random: Random) -> dict[str, Drawn]:
    """A value and two wrong ones for every relation, in one language. No two facts of a company share a value."""
    return {relation: _in(code, pair) for relation, pair in _drawn(random).items()}


def _in(code: str, pair: Pair) -> Drawn:
    right, *wrong = ((one.ja if code == "ja" else one.en) for one in (pair[0], *pair[1]))
    return Drawn(right, tuple(wrong))


def _drawn(random: Random) -> dict[str, Pair]:
    return {**_people(random), **_dates(random), **_numbers(random), **_places(random), **_things(random), **_long(random)}


# ---- kinds of facts -----------------------------------------------------------------------------------------------------


def _people(random: Random) -> dict[str, Pair]:
    """Names of which no two share a first or a last name."""
    firsts, lasts = _mixed(random, pools.FIRST_NAMES), _mixed(random, pools.LAST_NAMES)
    people = iter([_person(last, first) for last, first in zip(lasts, firsts, strict=False)])
    return {role: (next(people), (next(people), next(people))) for role in ("ceo", "founder", "tech_head")}


def _person(last: tuple[str, str], first: tuple[str, str]) -> Twin:
    names = (f"{first[1]} {last[1]}", f"{last[1]} {first[1]}", last[1])
    return Twin(Value(last[0] + first[0], aliases=(last[0],)), Value(names[0], aliases=names[1:]))


def _dates(random: Random) -> dict[str, Pair]:
    founded = day_in(random, random.randint(1923, 1958))
    company = day_in(random, founded.year + random.randint(4, 21))
    return {
        "founded": (_date(founded), (_date(founded + timedelta(days=random.randint(1, 9))), _date(years_later(founded, 2)))),
        "incorporated": (_date(company), (_date(company + timedelta(days=random.randint(1, 9))), _date(years_later(company, 1)))),
    }


def _numbers(random: Random) -> dict[str, Pair]:
    sizes, shops = random.sample(range(211, 980), 3), random.sample(range(41, 99), 3)
    capital, sales = random.sample(range(7, 40), 3), random.sample(range(31, 98), 3)
    return {
        "employees": _first([_counted(number, "名", "人") for number in sizes]),
        "shops": _first([_counted(number, "店", "店舗") for number in shops]),
        "capital": _first([_capital(number * 5) for number in capital]),
        "sales": _first([_sales(number) for number in sales]),
    }


def _counted(number: int, *counters: str) -> Twin:
    spoken = [f"{number}{counter}" for counter in counters]
    return Twin(Value(spoken[0], aliases=(*spoken[1:], str(number))), Value(str(number), aliases=in_words(number)))


def _capital(millions: int) -> Twin:
    hundreds, rest = divmod(millions, 100)
    ja = (f"{hundreds}億" if hundreds else "") + (f"{rest * 100}万" if rest else "")
    return Twin(Value(f"{ja}円"), Value(f"{millions} million yen", aliases=(f"{millions} million",)))


def _sales(hundred_millions: int) -> Twin:
    billions = f"{hundred_millions / 10:g}"
    return Twin(Value(f"{hundred_millions}億円"), Value(f"{billions} billion yen", aliases=(f"{billions} billion",)))


def _places(random: Random) -> dict[str, Pair]:
    prefectures, cities = _mixed(random, pools.PREFECTURES), _mixed(random, pools.HOME_CITIES)
    abroad = _abroad(random)
    spare = [_city(city) for cities in pools.ABROAD.values() for city in cities if city.country not in _countries(abroad)]
    found = {relation: (_city(city), tuple(random.sample(spare, 2))) for relation, city in zip(ABROAD, abroad, strict=True)}
    return found | {
        "ceo_birthplace": _first([_suffixed(one, "県") for one in prefectures[:3]]),
        "research_lab": _first([_suffixed(one, "市") for one in cities[:3]]),
        "factory": _first([_suffixed(one, "市") for one in cities[3:6]]),
        "address": _address(random, prefectures[3]),
        "stations": _stations(random),
    }


def _suffixed(name: tuple[str, str], suffix: str) -> Twin:
    return Twin(Value(name[0] + suffix, aliases=(name[0],)), Value(name[1]))


def _address(random: Random, prefecture: tuple[str, str]) -> Pair:
    """From the prefecture down to the floor; every part must be said."""
    towns, streets = random.sample(pools.TOWNS, 2), random.sample(pools.STREETS, 1)[0]
    buildings, floor = random.sample(pools.BUILDINGS, 2), random.randint(2, 12)
    block, house = random.randint(2, 6), random.randint(2, 21)
    (town, town_en), (street, street_en), (building, building_en) = towns[0], streets, buildings[0]
    numbered = tuple(f"{street}{block}{rest}" for rest in (f"丁目{house}番地", f"丁目{house}番", f"丁目{house}", f"-{house}"))
    ja = Value(
        f"{prefecture[0]}県{town}市{numbered[0]} {building}{floor}階",
        parts=(prefecture[:1], (town,), numbered, (building,), (f"{floor}階", f"{floor}F")),
    )
    floors = (f"{_ordinal(floor)} floor", f"floor {floor}", f"{floor}F")
    numbered_en = (f"{block}-{house} {street_en}", f"{street_en} {block}-{house}")
    en = Value(
        f"{floors[0]}, {building_en}, {numbered_en[0]}, {town_en} City, {prefecture[1]} Prefecture",
        parts=(prefecture[1:], (town_en,), numbered_en, (building_en,), floors),
    )
    wrong = (Twin(Value(f"{towns[1][0]}市"), Value(f"{towns[1][1]} City")), Twin(*map(Value, buildings[1])))
    return Twin(ja, en), wrong


def _stations(random: Random) -> Pair:
    """Three stations, of which the second's name holds the first's; so does that of a wrong one."""
    near, other, far = random.sample(pools.STATIONS, 3)
    side, wrong_side = random.sample(pools.SIDES, 2)
    names = [near, (side[0] + near[0], f"{side[1]}-{near[1]}"), other]
    wrong = [(wrong_side[0] + near[0], f"{wrong_side[1]}-{near[1]}"), far]
    ja = Value("、".join(f"{name}駅" for name, _ in names), parts=tuple((name,) for name, _ in names))
    en = Value(listed([name for _, name in names]), parts=tuple((name,) for _, name in names))
    return Twin(ja, en), tuple(Twin(Value(name, f"{name}駅"), Value(name_en)) for name, name_en in wrong)


def _things(random: Random) -> dict[str, Pair]:
    pooled = {
        **{"logo_animal": pools.ANIMALS, "business": pools.GOODS, "product": pools.PRODUCTS, "bank": pools.BANKS},
        **{"newsletter": pools.PAPERS, "slogan": pools.SLOGANS},
    }
    return {
        relation: _first([_thing(word, quoted=relation in ("newsletter", "slogan")) for word in random.sample(words, 3)])
        for relation, words in pooled.items()
    }


def _thing(word: Word, quoted: bool) -> Twin:
    ja = Value(word.ja, f"「{word.ja}」" if quoted else "", word.ja_also)
    return Twin(ja, Value(word.en, f"“{word.en}”" if quoted else word.en_said, word.en_also))


# ---- long facts ---------------------------------------------------------------------------------------------------------


def _long(random: Random) -> dict[str, Pair]:
    return {
        "ceo_career": _career(random),
        "logo_story": _logo_story(random),
        "philosophy": _philosophy(random),
        "founding_story": _founding_story(random),
    }


def _career(random: Random) -> Pair:
    schools, firms = random.sample(pools.UNIVERSITIES, 2), random.sample(pools.EMPLOYERS, 2)
    joined = random.randint(1984, 1997)
    slots = [schools[0], random.choice(pools.FACULTIES), _year(joined), firms[0], random.choice(pools.POSTS)]
    return _text(
        "{}{}を卒業後、{}に{}へ入社し、{}を務めたのち、{}に社長へ就任した",
        "studied {1} at {0}, joined {3} in {2}, served there as {4} and took the top post in {5}",
        [*slots, _year(joined + random.randint(14, 24))],
        (schools[1], firms[1]),
    )


def _logo_story(random: Random) -> Pair:
    corners, carers = random.sample(pools.CORNERS, 2), random.sample(pools.CARERS, 2)
    days = random.randint(12, 39)
    nursed = Word(f"{days}日間", f"{days} days")
    slots = [random.choice(pools.MOMENTS), corners[0], carers[0], nursed, random.choice(pools.MEANINGS)]
    return _text(
        "{}、{}に迷い込んだ一匹を{}が{}世話すると、毎年姿を見せるようになり、{}の印として選ばれた",
        "{} a hurt one strayed into {}, {} nursed it for {}, it came back every year, and it was chosen as the sign of {}",
        slots,
        (corners[1], carers[1]),
    )


def _philosophy(random: Random) -> Pair:
    kept = random.sample(pools.PRINCIPLES, 5)
    return _text(
        "{}、{}、そして{}を三つの柱とし、次の世代の暮らしを支えること",
        "to {}, {}, and {}, and so to serve the next generation",
        kept[:3],
        (kept[3], kept[4]),
    )


def _founding_story(random: Random) -> Pair:
    crafts, rooms = random.sample(pools.CRAFTS, 2), random.sample(pools.FIRST_ROOMS, 2)
    friends, years = random.randint(3, 9), random.randint(2, 6)
    friends_en = Word(f"{friends}人", f"{friends} companions", (), tuple(f"{word} companions" for word in in_words(friends)))
    years_en = Word(f"{years}年", f"{years} years", (), tuple(f"{word} years" for word in in_words(years)))
    return _text(
        "{}だった創業者が、{}に困り、{}を借りて{}の仲間と試作を始め、{}がかりで最初の品を作り上げた",
        "the founder, {} by trade, was troubled by {}, rented {}, made trials with {} and finished the first piece after {}",
        [crafts[0], random.choice(pools.TROUBLES), rooms[0], friends_en, years_en],
        (crafts[1], rooms[1]),
    )


def _text(pattern_ja: str, pattern_en: str, slots: Sequence[Word], wrong: tuple[Word, ...]) -> Pair:
    """A long value: a pattern in each language whose every slot must be said; wrong is what stands in a slot elsewhere."""
    ja = Value(pattern_ja.format(*(word.ja for word in slots)), parts=tuple(word.ja_also or (word.ja,) for word in slots))
    en_parts = tuple((_LEAD.sub("", word.en), *word.en_also) for word in slots)
    en = Value(pattern_en.format(*(word.en for word in slots)), parts=en_parts)
    return Twin(ja, en), tuple(Twin(Value((word.ja_also or (word.ja,))[0]), Value(_LEAD.sub("", word.en))) for word in wrong)


def _year(year: int) -> Word:
    return Word(f"{year}年", str(year))


# ---- abroad -------------------------------------------------------------------------------------------------------------


def _abroad(random: Random) -> list[City]:
    """One city a region, so that no country, and hardly an answer, comes twice."""
    return _mixed(random, [random.choice(cities) for cities in pools.ABROAD.values()])


def _countries(cities: Sequence[City]) -> set[Word]:
    return {city.country for city in cities}


def _city(city: City) -> Twin:
    known = {"country": city.country, "language": city.language, "currency": city.currency, "capital": city.capital}
    believed = {"capital": city.name, **city.believed}
    ja = Value(
        city.name.ja,
        aliases=city.name.ja_also,
        knows={kind: (word.ja, *word.ja_also) for kind, word in known.items()},
        believed={kind: (word.ja, *word.ja_also) for kind, word in believed.items()},
    )
    en = Value(
        city.name.en,
        aliases=city.name.en_also,
        knows={kind: (word.en, *word.en_also) for kind, word in known.items()},
        believed={kind: (word.en, *word.en_also) for kind, word in believed.items()},
    )
    return Twin(ja, en)


# ---- small helpers ------------------------------------------------------------------------------------------------------


def _first(twins: Sequence[Twin]) -> Pair:
    return twins[0], tuple(twins[1:])


def _mixed(random: Random, things: Sequence[T]) -> list[T]:
    return random.sample(things, len(things))


def _date(day: date) -> Twin:
    ja, en = f"{day.year}年{day.month}月{day.day}日", f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return Twin(Value(ja), Value(en))  # the scorer reads every form of a date, eras too


def _ordinal(number: int) -> str:
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') }"
