"""Questions with something to read in their prompt: what BM25 found, or the facts that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sweep.arms import Kind
from sweep.config import RetrievalConfig
from sweep.data.records import Dataset, EvalItem
from sweep.evaluate.ladder import Graded
from sweep.evaluate.retrieval import Index

TEMPLATES = {  # of the prompt, where evaluation.retrieval.template is null
    False: "Answer the question with the help of these notes.\n\n{context}\n\nQuestion: {question}",
    True: "次の資料を参考にして質問に答えてください。\n\n{context}\n\n質問：{question}",
}


class Contexts:
    """What an arm of this kind reads with each question of a set."""

    def __init__(self, dataset: Dataset, kind: Kind, config: RetrievalConfig) -> None:
        assert kind.context is not None, "an arm without a context is asked the question alone"
        self._dataset, self._kind, self._k = dataset, kind, config.k
        self._template = config.template or TEMPLATES[dataset.japanese]
        self._texts: list[str] = []
        self._facts: list[tuple[str, ...]] = []  # of each text
        if kind.context == "qa":
            self._texts = [f"{row.prompt} {row.completion}" for row in dataset.train]
            self._facts = [row.fact_ids for row in dataset.train]
        elif kind.context == "passages":
            self._texts = [fact.statement for fact in dataset.facts]
            self._facts = [(fact.fact_id,) for fact in dataset.facts]
        self._index = Index(self._texts) if self._texts else None

    def asks(self, item: EvalItem) -> str:
        """The question as the model sees it."""
        found = self._dataset.statements_for(item)
        if self._index is not None:
            found = tuple(self._texts[at] for at in self._index.best(item.prompt, self._k))
        return self._template.replace("{context}", "\n".join(found)).replace("{question}", item.prompt)

    def recall(self, items: Sequence[EvalItem]) -> dict[str, float]:
        """Mean share of a question's facts that the first text, and the first k, tell, 0 to 1."""
        assert self._index is not None, "nothing is retrieved for the gold arm"
        found = [(item, self._index.best(item.prompt, self._k)) for item in items]
        return {
            name: sum(self._share(item, best[:k]) for item, best in found) / len(items)
            for name, k in (("recall_at_1", 1), ("recall_at_k", self._k))
        }

    def figures(self, graded: Sequence[Graded]) -> dict[str, dict[str, Any]]:
        """Of each level: how well retrieval found what its questions ask for; empty where nothing is retrieved."""
        if self._index is None:
            return {}
        items = [one.item for one in graded]
        levels = sorted({item.level for item in items})
        return {f"L{level}": self.recall([item for item in items if item.level == level]) for level in levels}

    def _share(self, item: EvalItem, texts: Sequence[int]) -> float:
        told = {fact for at in texts for fact in self._facts[at]}
        return len(told.intersection(item.fact_ids)) / len(item.fact_ids)
