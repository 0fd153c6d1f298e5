"""What may be swept: what a trial is, not how a study runs."""

from __future__ import annotations

import pytest

from sweep.cli.check import check
from sweep.cli.main import VERSION_BASE, conf_dir
from sweep.errors import ConfigFault


@pytest.mark.parametrize(
    "word",
    [
        "search.objective=L1,macro",
        "search.seed=0,1",
        "tracking.experiment=a,b",
        "output_dir=a,b",
        "evaluation.batch_size=8,16",
        "evaluation.judge.questions=1,2",
    ],
)
def test_how_a_study_runs_is_no_axis(word: str) -> None:
    with pytest.raises(ConfigFault, match="changes how a study runs and not what a trial is; expected one value"):
        check(conf_dir(), VERSION_BASE, [word], multirun=True, composes=True)


def test_a_single_trial_is_not_held_to_the_rules_of_a_sweep() -> None:
    """An experiment's rules stand beside the one value that its user fixed."""
    words = ["+experiment=layer_ablation", "search.zip=[[lora.targets,seed]]", "lora.targets=mlp"]
    check(conf_dir(), VERSION_BASE, words, multirun=False, composes=True)
    with pytest.raises(
        ConfigFault, match=r"^search\.zip: lora\.targets is fixed on the command line, but goes together with seed"
    ):
        check(conf_dir(), VERSION_BASE, words, multirun=True, composes=True)


@pytest.mark.parametrize("words", [["data=folder", "data.path=a,b"], ["model=hf", "model.source=a/b,c/d"], ["seed=0,1"]])
def test_a_key_without_a_default_can_be_swept(words: list[str]) -> None:
    check(conf_dir(), VERSION_BASE, words, multirun=True, composes=True)


def test_a_key_without_a_default_must_be_given() -> None:
    with pytest.raises(ConfigFault, match=r"data\.path: missing, expected a text"):
        check(conf_dir(), VERSION_BASE, ["data=folder"], multirun=False, composes=True)
