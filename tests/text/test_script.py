"""A text is Japanese where it has kana or kanji."""

from __future__ import annotations

from sweep.text.script import japanese


def test_one_text_with_kana_or_kanji_is_enough() -> None:
    assert japanese(["Who is it?", "CEOは誰？"])
    assert japanese(["東京"])
    assert japanese(["ｼｬﾁｮｳ"]), "half-width"
    assert japanese(["\uf9dc"]), "a compatible form of a kanji"
    assert not japanese(["Who is the CEO?", "2019", "Ｌａｒｋｓｐｕｒ"])
    assert not japanese([])
