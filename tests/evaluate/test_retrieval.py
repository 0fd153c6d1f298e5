"""BM25 on the shipped company and on Japanese sentences, and the prompts that are made of what it finds."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sweep.arms import KINDS
from sweep.config import RetrievalConfig
from sweep.data import files
from sweep.data.records import Dataset, EvalItem
from sweep.evaluate.context import Contexts
from sweep.evaluate.retrieval import Index, terms

SENTENCES = (
    "霧島製作所の代表取締役社長は高瀬由美子です。",
    "霧島製作所の本社は青葉市中央区にあります。",
    "霧島製作所の最寄り駅は新川町駅です。",
    "霧島製作所の資本金は三千万円です。",
)


@pytest.fixture(scope="module")
def larkspur() -> Dataset:
    return files.load("larkspur_en")


def contexts(dataset: Dataset, arm: str, k: int = 3, template: str | None = None) -> Contexts:
    return Contexts(dataset, KINDS[arm], RetrievalConfig(k, template))


def at(dataset: Dataset, level: int) -> list[EvalItem]:
    return list(dataset.items(level, "dev"))


def test_words_are_folded_and_japanese_is_cut_into_pairs() -> None:
    assert terms("Ｗho is the CEO?") == ["who", "is", "the", "ceo"]
    assert terms("本社は東京") == ["本社", "社は", "は東", "東京"]
    assert terms("社") == ["社"]
    assert terms("?!") == []


@pytest.mark.parametrize(
    ("asked", "place"), [("社長は誰ですか", 0), ("本社はどこですか", 1), ("最寄りの駅を教えて", 2), ("資本金はいくら", 3)]
)
def test_japanese_without_spaces_is_found(asked: str, place: int) -> None:
    assert Index(SENTENCES).best(asked, 1) == [place]


def test_the_library_alone_would_see_one_word_a_sentence() -> None:
    """Control: what bm25s makes of such a question by itself shares no word with any sentence."""
    import bm25s

    words = [one.split() for one in SENTENCES]
    alone = bm25s.BM25()
    alone.index(words, show_progress=False)
    _, scores = alone.retrieve([["資本金はいくら"]], k=1, show_progress=False)
    assert scores[0][0] == 0


def test_jax_which_would_take_most_of_a_gpu_is_not_loaded(tmp_path: Path) -> None:
    """A package of that name stands in the way; with bm25s alone it would be imported."""
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax" / "__init__.py").write_text("print('jax was loaded')", encoding="utf-8")
    (tmp_path / "jax" / "lax.py").write_text("def top_k(scores, k): return scores, scores", encoding="utf-8")
    ours = "from sweep.evaluate.retrieval import Index; print(Index(['one fact', 'another']).best('fact', 1)); import jax"

    def said(code: str) -> str:
        paths = os.pathsep.join([str(tmp_path), *sys.path])
        ran = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert said(ours) == "[0]\njax was loaded\n", "it is there for others, and only for them"
    assert said("import bm25s") == "jax was loaded\n"


def test_there_are_at_most_as_many_as_there_are_and_unknown_words_find_something() -> None:
    index = Index(["one fact", "another thing"])
    assert sorted(index.best("fact", 5)) == [0, 1]
    assert index.best("zebra", 1) == index.best("", 1) == [0]


def test_training_questions_find_themselves(larkspur: Dataset) -> None:
    found = contexts(larkspur, "bm25_qa")
    assert found.recall(at(larkspur, 1))["recall_at_1"] > 0.95


@pytest.mark.parametrize(("level", "least"), [(1, 0.8), (3, 0.5), (4, 0.7)])
def test_the_sentence_that_answers_is_among_the_first_three(larkspur: Dataset, level: int, least: float) -> None:
    found = contexts(larkspur, "bm25_passages")
    first, among = found.recall(at(larkspur, level)).values()
    assert first <= among
    assert among > least


def test_a_question_of_two_facts_is_half_found_by_one_sentence(larkspur: Dataset) -> None:
    item = next(item for item in at(larkspur, 4) if len(item.fact_ids) == 2)
    assert contexts(larkspur, "bm25_passages").recall([item])["recall_at_1"] in (0.0, 0.5)


def test_the_gold_arm_reads_the_facts_it_is_asked_for(larkspur: Dataset) -> None:
    item = at(larkspur, 4)[0]
    shown = contexts(larkspur, "gold").asks(item)
    assert all(statement in shown for statement in larkspur.statements_for(item))
    assert shown.endswith(item.prompt)
    assert len(shown.splitlines()) == 2 + len(item.fact_ids) + 2


def test_a_template_of_ones_own_is_used_and_braces_in_texts_do_no_harm(larkspur: Dataset) -> None:
    item = at(larkspur, 1)[0]
    assert contexts(larkspur, "bm25_qa", 1, "{question} {x} <{context}>").asks(item).startswith(f"{item.prompt} {{x}} <")


def test_the_templates_language_is_that_of_the_questions(larkspur: Dataset) -> None:
    item = at(larkspur, 1)[0]
    asked = replace(item, prompt="CEOは誰？")
    assert "Question: " in contexts(larkspur, "gold").asks(item)
    assert "質問：" in contexts(replace(larkspur, eval=(asked,)), "gold").asks(asked)


def test_recall_is_told_by_level(larkspur: Dataset) -> None:
    from sweep.evaluate import ladder
    from sweep.evaluate.generation import Answer

    items = [*at(larkspur, 1)[:2], *at(larkspur, 2)[:2]]
    graded = ladder.grade(larkspur, items, [Answer("", True, 1)] * 4)
    found = contexts(larkspur, "bm25_passages").figures(graded)
    assert set(found) == {"L1", "L2"}
    assert all(0 <= figures["recall_at_1"] <= figures["recall_at_k"] <= 1 for figures in found.values())
    assert contexts(larkspur, "gold").figures(graded) == {}
