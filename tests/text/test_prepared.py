"""What a text's separators and capitals told, once they are gone."""

from __future__ import annotations

import pytest

from sweep.text.prepared import prepare


def marked(text: str) -> tuple[str, list[int], list[int], list[int]]:
    found = prepare(text)
    return found.solid, sorted(found.breaks), sorted(found.gaps - found.breaks), sorted(found.hyphens)


@pytest.mark.parametrize(
    ("text", "solid", "breaks", "spaces", "hyphens"),
    [
        ("森川駅、西森川 杉沢", "森川駅西森川杉沢", [3], [6], []),
        ("1 2、3 4階", "1 2 3 4階", [4], [2, 6], []),
        ("雪平 玄太\n社長\t霧鷺", "雪平玄太社長霧鷺", [4, 6], [2], []),
        ("Fox—Yes", "foxyes", [3], [], []),
        ("Ellison-Park", "ellisonpark", [], [], [7]),
        ("ジョン・スミス＝リー", "ジョンスミスリー", [], [], [3, 6]),
        ("社長・雪平", "社長雪平", [2], [], []),
        ("Anna - O'Hara 'x'", "annaoharax", [4, 9, 10], [4, 5, 9], []),
        ("Dr. Fox", "drfox", [2], [2], []),
    ],
)
def test_separators_are_kept_as_places(text: str, solid: str, breaks: list[int], spaces: list[int], hyphens: list[int]) -> None:
    found = marked(text)
    assert found == (solid, breaks, [place for place in spaces if place not in breaks], hyphens)


def test_capitals_are_words_that_always_have_one() -> None:
    assert prepare("Brown is brown, Ｔｏｒｕ Fox, A. CEO").capitals == {"toru", "fox", "a"}
