"""What training costs beside what it teaches: the names of `evaluation.costs`, and the figures that each is measured by.

leak       neighbours, subjects never trained: answers that give them a trained value
premise    false premises, each with its true twin: a model that denies everything is no better than one that affirms everything
open       open questions: refusals, and answers that are all the same
drift      neutral text that the base would write: how far the distribution over its tokens has moved

A figure has the same name in `result.json` and in MLflow. Retention (`kept`) and the health of answers are always measured.
"""

from __future__ import annotations

from typing import Literal

Name = Literal["leak", "premise", "open", "drift"]

LEAK, ABSTENTION = "retain/leak", "retain/neighbour_abstention"
PREMISE = "retain/false_premise_bal_acc"
REFUSAL, DISTINCT, TOP = "retain/refusal", "retain/distinct", "retain/top_share"
KL = "retain/kl"  # nats a token
LOOPS, OVER_LONG, UNSUPPORTED, FORBIDDEN, ENDED = (
    f"health/{name}" for name in ("loop_rate", "over_long_rate", "unsupported_rate", "forbidden_rate", "eos_rate")
)

FIGURES: dict[Name, tuple[str, ...]] = {
    "leak": (LEAK, ABSTENTION),
    "premise": (PREMISE,),
    "open": (REFUSAL, DISTINCT, TOP),
    "drift": (KL,),
}
