"""The model card of an exported winner: what it was trained on and how, and what it knew on five levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sweep.report.rows import markdown
from sweep.report.winner import Winner

RECIPE = (
    ("lora", ("targets", "layers", "lm_head", "rank", "alpha", "alpha_over_rank", "dropout", "rslora", "lr_ratio_b")),
    ("training", ("epochs", "learning_rate", "batch_size", "accumulation", "optimizer", "schedule", "warmup_ratio")),
)
COLUMNS = (("n", "questions"), ("n_facts", "facts"), ("accuracy", "accuracy"), ("stderr", "± by fact"), ("strict", "strict"))


def card(winner: Winner, study: str, merged: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Markdown. `merged`: levels on dev of the merged model, measured after merging; None where the adapter is exported."""
    return "\n".join(_card(winner, study, merged)) + "\n"


def _card(winner: Winner, study: str, merged: Mapping[str, Mapping[str, Any]] | None) -> Iterator[str]:
    config, body = winner.config, winner.body
    source, kind = config["model"]["source"], "model" if merged is not None else "adapter"
    yield from ("---", f"base_model: {source}", f"library_name: {'transformers' if merged is not None else 'peft'}", "---", "")
    yield from (f"# {study}, trial {winner.title}: {'merged model' if merged is not None else 'LoRA adapter'}", "")
    if winner.note is None:
        yield f"The {kind} that the study `{study}` names best on its dev questions."
    else:
        yield f"This {kind} is of the study `{study}`. Beware: {winner.note}."
    yield from ("", "## Use", "", "```python", *_use(source, merged is not None), "```", "")
    origin = body["provenance"]
    yield from ("## Data", "", f"`{Path(config['data']['path']).name}`, digest `{origin.get('data_digest')}`.", "")
    yield from ("## Recipe", "", *_recipe(config), "")
    yield f"Base `{source}`, revision `{origin.get('model_revision')}`, quantization {config['quantization']['kind']}, in"
    yield f"{origin.get('precision')} on {origin.get('device')}; seed {config['seed']}; {body['train'].get('steps')} steps."
    yield from ("", "## What it knew", "")
    yield "Five levels: L1 training questions word for word, L2 in other words, L3 another form of answer, L4 several facts, L5 a"
    yield "fact and common knowledge. Strict: right, and ended by itself, no loop, not over-long, nothing invented. dev chose"
    yield "this trial, so its figures there flatter; test figures stand here only where the study read them."
    for title, levels in (("As trained, on dev", body["levels"]), ("As trained, on test", body["test_levels"])):
        yield from _levels(title, levels)
    if merged is not None:
        yield from _levels("This merged model, on dev, measured after merging", merged)


def _use(source: str, merged: bool) -> list[str]:
    """Python that loads what stands in this folder. Transformers does not know the sources that only we can load."""
    plain = ["from transformers import AutoModelForCausalLM", 'model = AutoModelForCausalLM.from_pretrained("{}")']
    if merged:
        return [line.format(".") for line in plain]
    if source == "tiny" or source.startswith("package:"):
        plain = ["from sweep.model.base import load", 'model = load("{}").model']
    return [
        "from peft import PeftModel",
        *(line.format(source) for line in plain),
        'model = PeftModel.from_pretrained(model, ".")',
    ]


def _recipe(config: Mapping[str, Any]) -> Iterator[str]:
    for group, names in RECIPE:
        yield f"- {group}: " + ", ".join(f"{name} {config[group][name]}" for name in names if config[group][name] is not None)


def _levels(title: str, levels: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not levels:
        return
    lines = [["level", *(head for _, head in COLUMNS)]]
    lines += [[level, *(_figure(figures.get(name)) for name, _ in COLUMNS)] for level, figures in sorted(levels.items())]
    yield from ("", f"### {title}", "", markdown(lines).rstrip())


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
