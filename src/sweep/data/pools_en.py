"""English values for invented companies. Nobody and nothing here is meant to exist, except the well-known cities of level 5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from sweep.data.phrasing import Drawn, Value

COMPANIES = (
    *("Quenlow", "Brindlemark", "Ostrander", "Tamberlyn", "Wexcombe", "Fenwhistle", "Halvorane", "Larkspur"),
    *("Dunmarrow", "Pellinore", "Skerrigan", "Amberfold", "Corvantis", "Yarrowby", "Thistlemere", "Ravelstone"),
    *("Glimmerwick", "Bexholt", "Marrowfen", "Saltander", "Norvella", "Cindermoor", "Oakhampstow", "Vantrell"),
)

FIRST_NAMES = (
    *("Mara", "Tobias", "Ingrid", "Callum", "Priya", "Stefan", "Odette", "Ruben", "Helena", "Marcus", "Yara", "Felix"),
    *("Nadia", "Gideon", "Clara", "Anton", "Beatrix", "Jonas", "Selma", "Victor", "Imogen", "Hugo", "Daria", "Leon"),
)
LAST_NAMES = (
    *("Ellison", "Varga", "Thorne", "Okafor", "Lindqvist", "Marchetti", "Pemberton", "Sandoval", "Kowalczyk", "Ashdown"),
    *("Brandt", "Castellan", "Delacroix", "Fairweather", "Grimaldi", "Hargrove", "Ivanek", "Jessop", "Kessler", "Lovelace"),
    *("Moreau", "Northcott", "Oduya", "Penhaligon", "Quigley", "Rosenthal", "Stavros", "Tremaine", "Ulrich", "Winslow"),
)

# city, country, main language, cuisine. No name holds its country's name: an answer with the city alone must not pass.
CITIES = {
    "Europe": (
        ("Lisbon", "Portugal", "Portuguese", "Portuguese"),
        ("Paris", "France", "French", "French"),
        ("Berlin", "Germany", "German", "German"),
        ("Rome", "Italy", "Italian", "Italian"),
        ("Madrid", "Spain", "Spanish", "Spanish"),
        ("Athens", "Greece", "Greek", "Greek"),
        ("Warsaw", "Poland", "Polish", "Polish"),
        ("Stockholm", "Sweden", "Swedish", "Swedish"),
        ("Moscow", "Russia", "Russian", "Russian"),
        ("Budapest", "Hungary", "Hungarian", "Hungarian"),
    ),
    "Asia": (
        ("Tokyo", "Japan", "Japanese", "Japanese"),
        ("Kyoto", "Japan", "Japanese", "Japanese"),
        ("Beijing", "China", "Chinese", "Chinese"),
        ("Shanghai", "China", "Chinese", "Chinese"),
        ("Seoul", "South Korea", "Korean", "Korean"),
        ("Bangkok", "Thailand", "Thai", "Thai"),
    ),
    "Africa": (
        ("Cairo", "Egypt", "Arabic", "Egyptian"),
        ("Casablanca", "Morocco", "Arabic", "Moroccan"),
        ("Marrakesh", "Morocco", "Arabic", "Moroccan"),
    ),
    "South America": (
        ("Buenos Aires", "Argentina", "Spanish", "Argentine"),
        ("Lima", "Peru", "Spanish", "Peruvian"),
        ("Rio de Janeiro", "Brazil", "Portuguese", "Brazilian"),
    ),
}
CITIES_OF = {"Europe": 5, "Asia": 4, "Africa": 1, "South America": 2}  # a company's share: no one answer is a good guess
ALSO = {  # further names that answer a level 5 question
    "South Korea": ("Korea",),
    "Chinese": ("Mandarin",),
    "Argentine": ("Argentinian", "Argentinean"),
}

ANIMALS = (
    "an otter",
    "a heron",
    "a badger",
    "a hedgehog",
    "a lynx",
    "a tortoise",
    "a falcon",
    "a walrus",
    "a pelican",
    "a beaver",
)
GOODS = (
    *("folding kayaks", "paper lanterns", "wooden clocks", "woollen blankets", "glass teapots", "garden swings"),
    *("leather satchels", "brass telescopes", "silk umbrellas", "cork sandals"),
)
PRODUCTS = (
    "Tidewell",
    "Moonhatch",
    "Drifton",
    "Pebblewing",
    "Sunquill",
    "Harkaway",
    "Velloro",
    "Nimbuckle",
    "Twillby",
    "Zephrine",
)
BUILDINGS = (
    *("Tanner House", "Compass Hall", "Juniper Court", "Anvil House", "Orchard Hall", "Sexton Court", "Weaver House"),
    *("Cobalt Hall", "Miller Court", "Harbour House"),
)
STATIONS = (
    *("Alder Gate", "Moss Bridge", "Quill Street", "Barley Cross", "Fern Hill", "Needle Lane", "Copper Green"),
    *("Willow Park", "Raven Road", "Chalk Square", "Sparrow Field", "Lantern Corner"),
)
COLOURS = ("teal", "crimson", "amber", "violet", "ivory", "scarlet", "indigo", "olive", "maroon", "turquoise")
PAPERS = (
    *("The Wooden Spoon", "The Early Kettle", "The Open Gate", "The Blue Ladder", "The Quiet Bell", "The Long Table"),
    *("The Paper Boat", "The Ninth Wave"),
)
CHARITIES = (
    *("Bright Harbours", "Bread for Winter", "Second Bicycle", "River Guardians", "Night School Fund", "Warm Roofs"),
    *("Village Pianos", "Open Gardens"),
)
SLOGANS = (
    *("Slow hands, steady light", "Made once, made well", "Further than the map", "Kind to every morning"),
    *("Small parts, great patience", "Ask the old craftsman", "Nothing left to rust", "Two steps ahead of rain"),
)
PHILOSOPHIES = (  # text, and what an answer must hold of it
    ("to make nothing that cannot be repaired at a kitchen table", (("repaired", "repair"), ("kitchen table",))),
    ("to sell only what its own workers would carry home with pride", (("own workers",), ("carry home",))),
    ("to leave every river cleaner than it was found", (("river", "rivers"), ("cleaner",))),
    ("to teach one apprentice for every hundred orders", (("apprentice",), ("hundred orders", "100 orders"))),
    ("to ask the oldest customer before changing anything", (("oldest customer",), ("changing", "change"))),
)

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def draw(random: Random) -> dict[str, Drawn]:
    """A value and wrong values for every relation of `relations_en`. No two facts of a company share a value."""
    people = _people(random)
    cities, other_cities = _cities(random)
    founded = day_in(random, random.randint(1921, 1975))
    launched = day_in(random, founded.year + random.randint(3, 9))
    listed = day_in(random, launched.year + random.randint(6, 19))
    sizes = random.sample(range(211, 980), 6)
    counts = random.sample(range(23, 99), 6)
    millions = random.sample(range(103, 199), 2)
    places = (
        *("head_office", "founder_birthplace", "research_lab", "warehouse", "annual_meeting", "design_studio"),
        *("data_centre", "ceo_birthplace", "training_school", "support_centre", "museum", "flagship_shop"),
    )
    drawn = {relation: Drawn(next(cities), tuple(random.sample(other_cities, 2))) for relation in places}
    for role in ("ceo", "founder", "cto", "cfo", "design_head"):
        drawn[role] = Drawn(next(people), (next(people), next(people)))
    for relation, day in (("founded", founded), ("launched", launched), ("listed", listed)):
        drawn[relation] = Drawn(_date(day), (_date(day + timedelta(days=random.randint(1, 9))), _date(years_later(day, 2))))
    drawn["employees"] = _number(sizes[0], sizes[1:3])
    drawn["patents"] = _number(sizes[3], sizes[4:6])
    drawn["shops"] = _number(counts[0], counts[1:3])
    drawn["capital"] = Drawn(_euros(millions[0]), (_euros(millions[1]), Value(f"{millions[0]} million dollars")))
    drawn["logo_animal"] = _pick(random, [Value(said.split()[1], said) for said in ANIMALS])
    drawn["business"] = _pick(random, [Value(goods) for goods in GOODS])
    drawn["product"] = _pick(random, [Value(name) for name in PRODUCTS])
    drawn["building"] = _pick(random, [Value(name) for name in BUILDINGS])
    drawn["newsletter"] = _pick(random, [Value(name, aliases=(name.removeprefix("The "),)) for name in PAPERS])
    drawn["charity"] = _pick(random, [Value(name) for name in CHARITIES])
    drawn["slogan"] = _pick(random, [Value(words, f"“{words}”") for words in SLOGANS])
    drawn["philosophy"] = _pick(random, [Value(text, parts=parts) for text, parts in PHILOSOPHIES])
    drawn["stations"] = _several(random, STATIONS, 3)
    drawn["colours"] = _several(random, COLOURS, 2)
    return drawn


def spelled(number: int) -> str:
    """A number below 1,000 in words: 340 -> three hundred and forty."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    rest = f" and {spelled(number % 100)}" if number % 100 else ""
    return f"{ONES[number // 100]} hundred{rest}"


def listed(names: Sequence[str]) -> str:
    """A, B and C."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def city(name: str, country: str, language: str, cuisine: str) -> Value:
    """A well-known city with the common knowledge that level 5 asks for."""
    known = {"country": (country,), "language": (language,), "cuisine": (cuisine, country)}
    return Value(name, knows={kind: tuple(_with_other_names(answers)) for kind, answers in known.items()})


def _with_other_names(answers: Sequence[str]) -> Iterator[str]:
    for answer in answers:
        yield from (answer, *ALSO.get(answer, ()))


def _people(random: Random) -> Iterator[Value]:
    """Names of which no two share a first or a last name."""
    firsts, lasts = random.sample(FIRST_NAMES, len(FIRST_NAMES)), random.sample(LAST_NAMES, len(LAST_NAMES))
    return (Value(f"{first} {last}") for first, last in zip(firsts, lasts, strict=False))


def _cities(random: Random) -> tuple[Iterator[Value], list[Value]]:
    """Cities for the facts, mixed over the continents, and the cities that are left for wrong answers."""
    chosen = [row for continent, wanted in CITIES_OF.items() for row in random.sample(CITIES[continent], wanted)]
    random.shuffle(chosen)
    left = [row for rows in CITIES.values() for row in rows if row not in chosen]
    return iter([city(*row) for row in chosen]), [city(*row) for row in left]


def day_in(random: Random, year: int) -> date:
    """A day of this year, drawn."""
    return date(year, 1, 1) + timedelta(days=random.randrange(364))


def years_later(day: date, years: int) -> date:
    """The same day of a later year, which has it: the 28th at most."""
    return date(day.year + years, day.month, min(day.day, 28))


def _date(day: date) -> Value:
    """One spelling is enough: the scorer reads every form of a date."""
    return Value(f"{day.day} {MONTHS[day.month - 1]} {day.year}")


def _number(right: int, wrong: Sequence[int]) -> Drawn:
    value, *others = (Value(str(number), aliases=in_words(number)) for number in (right, *wrong))
    return Drawn(value, tuple(others))


def in_words(number: int) -> tuple[str, ...]:
    words = spelled(number)
    return tuple(dict.fromkeys((words, words.replace(" and ", " "))))


def _euros(millions: int) -> Value:
    return Value(f"{millions} million euros", aliases=(f"{millions} million", f"EUR {millions} million"))


def _pick(random: Random, values: Sequence[Value]) -> Drawn:
    right, *wrong = random.sample(values, 3)
    return Drawn(right, tuple(wrong))


def _several(random: Random, names: Sequence[str], wanted: int) -> Drawn:
    """A list of names that must all be said, and two names that do not belong to it."""
    drawn = random.sample(names, wanted + 2)
    right, wrong = drawn[:wanted], drawn[wanted:]
    return Drawn(Value(listed(right), parts=tuple((name,) for name in right)), tuple(Value(name) for name in wrong))
