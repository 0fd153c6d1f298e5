"""Names in every form that a right answer may give them, and longer names, which are somebody else's: none of those passes."""

from __future__ import annotations

import unicodedata

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sweep.text import adjacent
from sweep.text.normalise import normalise
from sweep.text.score import Grade, score

FIRST, LAST = ("Anna", "Mara", "Élodie", "Jo", "Ruben"), ("Ellison", "Quigley", "Fox", "Marchetti", "O'Hara")
FAMILY, GIVEN = ("高瀬", "渡辺", "山﨑", "齋藤", "小沢"), ("由美子", "健", "真一", "國男", "エリカ")
PLACES = ("品川", "川町", "青葉台", "松原", "神山")
BEFORE, BEHIND = ("新", "北", "東", "西"), ("口", "台", "前", "原")
ENGLISH = ("The CEO is {}.", "{}", "It is {}, I believe.", "Acorn is led by {}", "{} leads Acorn.", "({})", "“{}”")
JAPANESE = (
    "社長は{}です。",
    "{}",
    "代表は{}と申します。",
    "現在の社長：{}",
    "「{}」が務めています。",
    "はい、{}になります。",
)
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=5)
KANJI = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF, exclude_characters="一七三九二五八六千十百億兆万"),
    min_size=1,
    max_size=3,
)
FEW = settings(max_examples=150, derandomize=True, deadline=None)


def grade(answer: str, key: str, others: tuple[str, ...] = ()) -> Grade:
    """Of a question for a name; a right answer is right in another question too."""
    found = score(answer, [[key]], others=others, names=True).grade
    assert found is not Grade.CORRECT or score(answer, [[key]], others=others).grade is Grade.CORRECT
    return found


def wide(text: str) -> str:
    """Full-width letters, as Japanese keyboards type them."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def half(text: str) -> str:
    """Half-width katakana."""
    table = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}
    return "".join(table.get(char, char) for char in text)


def in_english(first: str, last: str) -> list[str]:
    full = f"{first} {last}"
    titled, typed = [f"Ms. {full}", f"Dr {full}", f"{full}'s"], [full.upper(), full.lower(), f"{first}  {last}", wide(full)]
    return [full, *typed, *titled, f"**{full}**", full.replace("'", "’"), unicodedata.normalize("NFD", full)]


def in_japanese(family: str, given: str) -> list[str]:
    full = f"{family}{given}"
    old = full.translate(str.maketrans("高辺沢国", "髙邊澤國"))
    polite = [f"{full}さん", f"{full}氏", f"{full}様", f"{full}社長", f"社長の{full}", f"代表取締役社長{full}"]
    return [full, f"{family} {given}", f"{family}\u3000{given}", *polite, old, half(full), f"『{full}』"]


@FEW
@given(st.sampled_from(FIRST), st.sampled_from(LAST), st.integers(0, 10), st.integers(0, 10), st.sampled_from(ENGLISH))
def test_an_english_name_in_any_form_stays_correct(first: str, last: str, key: int, said: int, frame: str) -> None:
    keyed = in_english(first, last)[0 if key in (5, 6, 7) else key]  # a key has no title
    assert grade(frame.format(in_english(first, last)[said]), keyed) is Grade.CORRECT


@FEW
@given(st.sampled_from(FAMILY), st.sampled_from(GIVEN), st.integers(0, 11), st.integers(0, 11), st.sampled_from(JAPANESE))
def test_a_japanese_name_in_any_form_stays_correct(family: str, given: str, key: int, said: int, frame: str) -> None:
    keyed = in_japanese(family, given)[0 if key in range(3, 9) else key]
    assert grade(frame.format(in_japanese(family, given)[said]), keyed) is Grade.CORRECT


@FEW
@given(st.sampled_from(FIRST), st.sampled_from(LAST), LETTERS, st.booleans(), st.sampled_from(ENGLISH))
def test_a_longer_english_name_never_passes(first: str, last: str, more: str, ahead: bool, frame: str) -> None:
    longer = f"{more.capitalize()}{first.lower()} {last}" if ahead else f"{first} {last}{more}"
    assert grade(frame.format(longer), f"{first} {last}") is not Grade.CORRECT


@FEW
@given(st.sampled_from(FIRST), st.sampled_from(LAST), st.sampled_from(ENGLISH), st.data())
def test_a_longer_english_name_of_several_words_never_passes(first: str, last: str, frame: str, data: st.DataObject) -> None:
    """By a hyphen, by a direction or a size, and, where the family's name is enough, with another given name."""
    name, more = f"{first} {last}", data.draw(LETTERS).capitalize()
    word = data.draw(st.sampled_from(sorted(adjacent.DIRECTIONS))).capitalize()
    site = data.draw(st.sampled_from(sorted(adjacent.SITES))).capitalize()
    assume(more.casefold() not in frame.split())
    assume(more.casefold() not in adjacent.BESIDE | adjacent.DIRECTIONS and len(more) > 1)
    for longer in (f"{name}-{more}", f"{more}-{name}", f"{word} {name}", f"{name} {site}"):
        assert grade(frame.format(longer), name) is not Grade.CORRECT
    assume(more.casefold() not in adjacent.BESIDE and more != first)
    assume(len(more) > 1)
    assert score(frame.format(f"{more} {last}"), [[name, last]], names=True).grade is not Grade.CORRECT


@FEW
@given(st.sampled_from(PLACES), st.sampled_from(BEFORE), st.sampled_from(BEHIND), st.integers(0, 2), st.sampled_from(JAPANESE))
def test_a_known_longer_japanese_name_never_passes(place: str, before: str, behind: str, way: int, frame: str) -> None:
    """As the stations of one company are known; then also where the question is not said to ask for names."""
    longer = (f"{before}{place}", f"{place}{behind}", f"{before}{place}{behind}")[way]
    for names in (False, True):
        for suffix in ("", "駅"):
            key, other = f"{place}{suffix}", f"{longer}{suffix}"
            assert score(frame.format(other), [[key]], others=(other,), names=names).grade is not Grade.CORRECT


@FEW
@given(st.sampled_from(PLACES), KANJI, st.booleans(), st.sampled_from(JAPANESE))
def test_an_unknown_longer_station_never_passes(place: str, more: str, ahead: bool, frame: str) -> None:
    """But for what ends in a word that may stand before a station, such as 鈴江市 or 東西線."""
    if ahead:
        assume(more[-1] not in f"{adjacent.ENDS}線鉄駅" and not more.endswith(adjacent.BEFORE))
        said = f"{more}{place}駅"
    else:
        assume(not more.startswith(("駅", *adjacent.ON_THE_WAY)))
        said = f"{place}{more}駅"
    for key in (place, f"{place}駅"):
        assert grade(frame.format(said), key) is not Grade.CORRECT


@FEW
@given(st.sampled_from((*PLACES, *FAMILY)), st.sampled_from(adjacent.IN_FRONT), st.sampled_from(adjacent.PLACE_ENDS))
def test_an_unknown_longer_place_never_passes(place: str, before: str, behind: str) -> None:
    for frame in JAPANESE:
        for said in (f"{before}{place}", f"{place}{behind}", f"{before}{place}{behind}"):
            assert grade(frame.format(said), place) is not Grade.CORRECT


@FEW
@given(st.sampled_from(FAMILY), st.sampled_from(GIVEN[:-1]), st.text(adjacent.GIVEN_ENDS, min_size=1, max_size=2))
def test_an_unknown_longer_given_name_never_passes(family: str, given: str, more: str) -> None:
    assume(normalise(more) == more)  # 健一人 is one person, 健
    for frame in JAPANESE:
        for said in (f"{family}{given}{more}", f"{family}{given}{more}氏", f"{family}{given}{more}社長"):
            assert grade(frame.format(said), f"{family}{given}") is not Grade.CORRECT


@FEW
@given(st.sampled_from(FAMILY), st.sampled_from(GIVEN), st.sampled_from(GIVEN), st.sampled_from(JAPANESE))
def test_another_person_of_the_family_never_passes(family: str, given: str, other: str, frame: str) -> None:
    keys = [[f"{family}{given}", family]]
    expected = Grade.CORRECT if given == other else Grade.INCORRECT
    for said in (f"{family}{other}", f"{family} {other}", f"{family}{other}社長"):
        assert score(frame.format(said), keys, names=True).grade is expected
    for said in (f"{family}社長", f"社長の{family}", f"代表取締役{family}氏"):
        assert score(frame.format(said), keys, names=True).grade is Grade.CORRECT


@FEW
@given(st.sampled_from(PLACES), st.sampled_from(BEFORE), st.sampled_from(JAPANESE))
def test_the_right_name_beside_a_longer_one_is_found(place: str, before: str, frame: str) -> None:
    longer = f"{before}{place}"
    assert grade(frame.format(f"{longer}と{place}"), place, (longer,)) is Grade.CORRECT


@FEW
@given(st.sampled_from(FAMILY), st.sampled_from(FAMILY), st.sampled_from(GIVEN), st.sampled_from(JAPANESE))
def test_another_family_name_never_passes(family: str, other: str, given: str, frame: str) -> None:
    expected = Grade.CORRECT if family == other else Grade.INCORRECT
    assert grade(frame.format(f"{other}{given}"), f"{family}{given}") is expected
