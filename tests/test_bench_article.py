"""The article's recipe, through the real 8-bit path, on a small model of its architecture; how trials that fit are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from bench import article, bases
from bench.article_page import page
from tests.composed import config
from transformers import MistralConfig

from sweep.model import base as resident

FEW = ("data.facts=8", "evaluation.levels=[1]", "search.objective=L1")
WIDTH, INNER, WORDS, KV = 64, 128, 42_800, 32


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of the article's architecture and vocabulary, with two narrow blocks."""
    place = tmp_path_factory.mktemp("small") / "mistral"
    shape = {"hidden_size": WIDTH, "intermediate_size": INNER, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    bases.write_random(MistralConfig(vocab_size=WORDS, sliding_window=None, tie_word_embeddings=False, **shape, **heads), place)
    return place


@pytest.fixture(scope="module")
def measured(small: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one epoch of the recipe left behind."""
    work = tmp_path_factory.mktemp("recipe")
    found = article.recipe(str(small), work, FEW)
    (result,) = work.glob("single-*/*/result.json")
    found["adapter"] = json.loads((result.parent / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    return found


def test_the_experiment_is_the_articles_recipe() -> None:
    asked = config("+experiment=article", "lora.lm_head=true")
    assert asked.model.source == "tokyotech-llm/Swallow-MS-7b-instruct-v0.1"
    assert (asked.quantization.kind, asked.quantization.threshold) == ("int8", 6.0)
    lora, training = asked.lora, asked.training
    assert (lora.targets, lora.lm_head, lora.rank, lora.scaled_alpha, lora.dropout) == ("all", True, 16, 16, 0.05)
    assert (training.engine, training.optimizer, training.keep) == ("reference", "paged_adamw_8bit", "best_loss")
    assert (training.epochs, training.batch_size, training.accumulation, training.max_length) == (8, 2, 2, 256)
    assert (training.learning_rate, training.weight_decay, training.max_grad_norm) == (1e-5, 0.001, 0.3)
    assert (training.schedule, training.warmup_ratio, training.group_by_length) == ("constant", 0.3, True)


def test_the_base_is_held_in_eight_bits_with_the_librarys_threshold(small: Path) -> None:
    base = resident.load(str(small), quantization="int8", threshold=6.0)
    inner = [module for name, module in base.model.named_modules() if name.endswith("q_proj")]
    assert [module.state.threshold for module in inner] == [6.0, 6.0]
    assert {module.weight.dtype for module in inner} == {torch.int8}


@pytest.mark.filterwarnings("ignore:Paged optimizers are not supported on CPU")
def test_the_recipe_trains_all_layers_and_the_head(measured: dict[str, Any]) -> None:
    block = 2 * (WIDTH + WIDTH) + 2 * (WIDTH + KV) + 2 * (WIDTH + INNER) + INNER + WIDTH  # q o, k v, gate up, down
    assert measured["train"]["trainable"] == 16 * (2 * block + WIDTH + WORDS)
    assert measured["train"]["engine"] == "reference"
    assert (measured["adapter"]["r"], measured["adapter"]["lora_alpha"]) == (16, 16)
    assert any("lm_head" in name for name in measured["adapter"]["target_modules"])
    assert 0 < measured["train"]["seconds"] < measured["seconds"]


@pytest.mark.filterwarnings("ignore:Paged optimizers are not supported on CPU")
def test_the_page_says_what_was_measured_and_what_was_not(measured: dict[str, Any]) -> None:
    attempts = [
        {"trials": 8, "fits": True, "seconds": 16.0, "peak_bytes": 20e9, "says": []},
        {"trials": 9, "fits": False, "seconds": 30.0, "peak_bytes": 24e9, "says": ["no memory"]},
    ]
    recipe = {**measured, "train": {**measured["train"], "seconds": 40.0}}
    head = {"model": "a 7B", "device": "a GPU", "commit": "abc1234", "recipe": recipe, "predicted_trial_bytes": 2e9}
    text = page({**head, "24 GB": attempts})
    assert "Accuracies at 7B need the real weights" in text
    assert "python -m sweep +experiment=article -m" in text
    assert "**8 trials at once** held to 24 GB" in text
    assert "| 8 | yes | 16.0 | 2.00 | 20.0× | 20.0 |" in text
    assert "| 9 | no |" in text
    assert "**at least 8 trials at once** with all the memory" in page({**head, "all": attempts[:1]})


@pytest.mark.parametrize(
    ("room", "most", "expected"), [(0, 64, 0), (1, 64, 1), (11, 64, 11), (64, 64, 64), (100, 64, 64), (5, 3, 3)]
)
def test_the_largest_number_that_fits_is_found(room: int, most: int, expected: int) -> None:
    asked: list[int] = []

    def fits(trials: int) -> bool:
        asked.append(trials)
        return trials <= room

    assert article.largest(fits, most) == expected
    assert len(asked) == len(set(asked)), "no number is tried twice"


def test_from_a_number_that_is_known_to_fit_the_rest_is_halved() -> None:
    asked: list[int] = []

    def fits(trials: int) -> bool:
        asked.append(trials)
        return trials <= 38

    assert article.largest(fits, 48, 32) == 38
    assert asked == [40, 36, 38]
    assert article.largest(lambda _: False, 48, 32) == 32


def test_the_committed_page_is_that_of_the_committed_measurements() -> None:
    found = json.loads(article.PAGE.with_suffix(".json").read_text(encoding="utf-8"))
    assert page(found) == article.PAGE.read_text(encoding="utf-8")


def test_trials_that_train_at_once_end_their_epoch(small: Path) -> None:
    base = bases.load(str(small), "int8")
    found = article.attempt(base, 2, FEW)
    assert (found.trials, found.fits, found.says) == (2, True, ())
    assert found.seconds > 0
