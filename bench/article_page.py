"""The page of `bench.article`: what the recipe takes on a model of the article's shape, and what packing makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

GB = 1e9
CAPS = (
    ("24 GB", "held to 24 GB, the article's card"),
    ("80 GB", "held to 80 GB"),
    ("all", "with all the memory of the device"),
)


def page(found: Mapping[str, Any]) -> str:
    """Markdown out of what `bench.article run` wrote."""
    return "\n".join(_page(found)).rstrip() + "\n"


def _page(found: Mapping[str, Any]) -> Iterator[str]:
    recipe, train = found["recipe"], found["recipe"]["train"]
    yield from ("# The article's recipe on 7B: memory, time, and how many trials fit", "")
    yield "Written by `python -m bench.article page` from [the measurements](article_7b.json)."
    yield f"{found['model']}; {found['device']}; commit `{found['commit']}`."
    if note := found.get("note"):
        yield from ("", note)
    yield ""
    yield "**Random weights: this page says what the recipe takes, not what it teaches.** Accuracies at 7B need the real weights:"
    yield from ("", "    python -m sweep +experiment=article -m", "")
    yield "downloads Swallow-MS-7b-instruct once from the hub and trains the article's arms with this recipe."
    yield from ("", "## The recipe to the letter, one epoch", "")
    yield f"8 bit with the library's threshold, rank 16 on all seven layers and `lm_head` ({train['trainable']:,} parameters),"
    yield "paged_adamw_8bit, batches of 2 × 2 rows, the reference engine (TRL's parent Trainer), 90 rows of the shipped set:"
    yield ""
    yield f"- {train['seconds']:.1f} s an epoch of {train['steps']} steps and {train['tokens']:,} tokens; in all, with loading,"
    yield f"  quantising and a few questions, {recipe['seconds']:.0f} s;"
    yield f"- peak {recipe['peak_bytes'] / GB:.1f} GB in tensors" + (
        f", {recipe['reserved_bytes'] / GB:.1f} GB held by PyTorch, {recipe['outside_bytes'] / GB:.1f} GB beside it: "
        f"{(recipe['reserved_bytes'] + recipe['outside_bytes']) / GB:.1f} GB of the article's 24, to which PyTorch was held."
        if "reserved_bytes" in recipe
        else "."
    )
    yield from ("", "## Packed: threshold 0, adamw, else the same", "")
    yield "Each trial has a seed and so an order of rows of its own; one epoch of all of them at once. It fits where no pass had"
    reckons = (
        f" The product reckons with {found['predicted_trial_bytes'] / GB:.2f} GB a trial."
        if "predicted_trial_bytes" in found
        else ""
    )
    yield f"to be halved.{reckons}"
    for key, told in CAPS:
        if key in found:
            elsewhere = _elsewhere(found, key)
            yield from _table(told + elsewhere, found[key], None if elsewhere else train["seconds"])


def _elsewhere(found: Mapping[str, Any], key: str) -> str:
    """Where a part was measured, if on another device or commit than the rest."""
    about = {name: found.get("measured", {}).get(key, found)[name] for name in ("device", "commit")}
    return "" if all(about[name] == found[name] for name in about) else f" of an {about['device']}, commit `{about['commit']}`"


def _table(told: str, attempts: Sequence[Mapping[str, Any]], recipe: float | None) -> Iterator[str]:
    """`recipe`: its seconds an epoch; None where it ran on another device, of which no ratio is made."""
    best = max((one["trials"] for one in attempts if one["fits"]), default=0)
    open_ended = "" if any(not one["fits"] for one in attempts) else "at least "
    yield from ("", f"**{open_ended}{best} trials at once** {told}:", "")
    if open_ended:
        yield from ("The run ended before it came to a number that does not fit.", "")
    yield "| trials at once | fits | seconds an epoch | a trial | recipe ÷ a trial | peak, GB |"
    yield "|---|---|---|---|---|---|"
    for one in sorted(attempts, key=lambda one: one["trials"]):
        each = one["seconds"] / one["trials"]
        ratio = f"{recipe / each:.1f}×" if recipe and each else "–"
        times = [f"{one['seconds']:.1f}", f"{each:.2f}", ratio] if each else ["–", "–", "–"]
        fits = "yes" if one["fits"] else "no"
        yield f"| {one['trials']} | {fits} | {' | '.join(times)} | {one['peak_bytes'] / GB:.1f} |"
