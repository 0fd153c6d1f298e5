"""What was expected of each experiment before it ran: by the article, or by what is published since. `verdicts.py` judges it."""

from __future__ import annotations

from dataclasses import dataclass

from sweep.report.paired import BETTER, NONE, WORSE


@dataclass(frozen=True)
class Shape:
    """At these levels, an arm at value `to` of an axis against the same at value `of`."""

    text: str
    axis: str
    of: str  # as a table shows it
    to: str
    levels: tuple[int, ...]
    expected: str  # one of paired's words
    source: str
    figure: str = "accuracy"  # of which figure of a question: one of bench.pooled.FIGURES


ARTICLE = "the article"
BIDERMAN = "Biderman et al. 2024, arXiv:2405.09673"
MENG = "Meng et al. 2022, arXiv:2202.05262"
REGRET = "LoRA Without Regret, Thinking Machines 2025"
TARGETS, RANK, RATE, EPOCHS, LAYERS = "lora.targets", "lora.rank", "training.learning_rate", "training.epochs", "lora.layers"
PARAPHRASES, KINDS, EOS, HEAD = "data.paraphrases", "data.kinds", "data.end_token_in_labels", "lora.lm_head"
APART = "[direct,multi]"  # kinds of rows without denials
FACTS, STYLE, FORM, BITS = "data.facts", "data.answers", "data.trained_as", "quantization.kind"
MIXED, JOINS, REASONING = "data.mix.rows", "data.joins", "data.reasoning"
RECIPE = "recipe"  # `default` and what a search `found`
ARM = "arm"  # what is measured beside the trials, and `lora`
PLETENEV = "Pletenev et al. 2025, arXiv:2502.14502"
FIFTEEN = "15 such rows: composition_ablation at commit 4b8533e"
ALLEN_ZHU = "Allen-Zhu and Li 2023, arXiv:2309.14316 and 2404.05405"
OVADIA = "Ovadia et al. 2023, arXiv:2312.05934"
PROMISE = "what a search is for"
BARE = "arXiv:2607.21861"
ANY, NOT_4 = (2, 3, 4, 5), (2, 3, 5)
RECALL, STRICT = "key recall", "strict"

LAYERS_KNOW = (
    Shape("MLP alone knows more than attention alone", TARGETS, "attention", "mlp", ANY, BETTER, BIDERMAN),
    Shape("all layers know no more than MLP alone", TARGETS, "mlp", "all", ANY, NONE, REGRET),
    Shape("all layers know more than attention alone", TARGETS, "attention", "all", ANY, BETTER, ARTICLE),
    Shape("attention alone repeats what was trained", TARGETS, "attention", "all", (1,), NONE, ARTICLE),
)
HEAD_KNOWS = (Shape("an adapter on lm_head adds nothing", HEAD, "false", "true", ANY, NONE, BIDERMAN),)

SHAPES: dict[str, tuple[Shape, ...]] = {
    "layer_ablation_tuned": LAYERS_KNOW,
    "layer_ablation": LAYERS_KNOW,
    "article": (*LAYERS_KNOW, *HEAD_KNOWS),
    "article_small": (*LAYERS_KNOW, *HEAD_KNOWS),
    "learning_rate_ablation": (
        Shape("a quarter of the default rate is too little", RATE, "0.001", "0.00025", ANY, WORSE, "this model's default"),
        Shape("half the default rate is enough", RATE, "0.001", "0.0005", ANY, NONE, REGRET),
        Shape("twice the default rate is as good", RATE, "0.001", "0.002", ANY, NONE, REGRET),
        Shape("four times the default rate is too much", RATE, "0.001", "0.004", ANY, WORSE, "this model's default"),
    ),
    "rank_ablation": (
        Shape("rank 1 is enough for 30 facts", RANK, "16", "1", ANY, NONE, PLETENEV),
        Shape("rank 4 is enough for 30 facts", RANK, "16", "4", ANY, NONE, REGRET),
        Shape("rank 64 knows no more than 16", RANK, "16", "64", ANY, NONE, REGRET),
    ),
    "rank_alpha_ablation": (
        Shape("rank 1 is enough for 30 facts at any scale", RANK, "16", "1", ANY, NONE, PLETENEV),
        Shape("rank 4 is enough for 30 facts at any scale", RANK, "16", "4", ANY, NONE, REGRET),
        Shape("rank 64 knows no more than 16, scaled by a quarter", RANK, "16", "64", ANY, NONE, REGRET),
    ),
    "epoch_ablation": (
        Shape("2 epochs are too few for 121 rows", EPOCHS, "8", "2", ANY, WORSE, ARTICLE),
        Shape("4 epochs are too few for 121 rows", EPOCHS, "8", "4", ANY, WORSE, ARTICLE),
        Shape("16 epochs are no better than 8", EPOCHS, "8", "16", ANY, NONE, ARTICLE),
        Shape("rote is learned by 8 epochs", EPOCHS, "8", "16", (1,), NONE, "Gekhman et al. 2024, arXiv:2405.05904"),
    ),
    "depth_ablation": (
        Shape(
            "the middle third knows more than the first",
            LAYERS,
            "first",
            "middle",
            ANY,
            BETTER,
            MENG,
        ),
        Shape(
            "the middle third knows more than the last",
            LAYERS,
            "last",
            "middle",
            ANY,
            BETTER,
            MENG,
        ),
        Shape("a third of the layers is not enough", LAYERS, "middle", "all", ANY, BETTER, REGRET),
    ),
    "paraphrase_ablation": (
        Shape(
            "three more phrasings lift other words",
            PARAPHRASES,
            "0",
            "3",
            (2,),
            BETTER,
            OVADIA,
        ),
        Shape("one more phrasing lifts them", PARAPHRASES, "0", "1", (2,), BETTER, "Abonizio et al. 2025, arXiv:2508.06178"),
        Shape("ten are no better than three", PARAPHRASES, "3", "10", (2,), NONE, "Knowledge-Instruct, arXiv:2504.05571"),
        Shape("more phrasings do not help to combine", PARAPHRASES, "0", "10", (4, 5), NONE, "Pan et al. 2025, arXiv:2510.09885"),
    ),
    "eos_ablation": (
        Shape("without the end token answers go wrong behind the right one", EOS, "true", "false", ANY, WORSE, ARTICLE),
    ),
    "composition_ablation": (
        Shape("16 rows that join two facts lift other pairs of facts", JOINS, "0", "16", (4,), BETTER, FIFTEEN),
        Shape("8 are enough to show the form", JOINS, "0", "8", (4,), BETTER, FIFTEEN),
        Shape("32 lift no further than 16", JOINS, "16", "32", (4,), NONE, FIFTEEN),
        Shape("16 leave the other levels as they were", JOINS, "0", "16", (1, 3, 5), NONE, FIFTEEN),
        Shape("16 lift other words too", JOINS, "0", "16", (2,), BETTER, FIFTEEN),
    ),
    "reasoning_ablation": (
        Shape("rows about other subjects show how to combine", REASONING, "none", "others", (5,), BETTER, ALLEN_ZHU),
        Shape("rows about other facts of this one do", REASONING, "none", "own", (5,), BETTER, ALLEN_ZHU),
        Shape("both do", REASONING, "none", "both", (5,), BETTER, ALLEN_ZHU),
        Shape("they leave the other levels as they were", REASONING, "none", "both", (1, 2, 3, 4), NONE, "a first try"),
    ),
    "answer_length_ablation": (
        Shape("long answers hide the fact", STYLE, "written", "long", ANY, WORSE, ARTICLE, RECALL),
        Shape("bare values are known better than sentences", STYLE, "written", "bare", (2, 3), BETTER, BARE, RECALL),
        Shape("and are strictly right more often", STYLE, "written", "bare", (2, 3), BETTER, BARE, STRICT),
    ),
    "false_premise_ablation": (
        Shape("false premises cost the other levels nothing", KINDS, APART, "null", (1, 2, 3, 4, 5), NONE, ARTICLE),
    ),
    "layer_ablation_equal": (
        Shape("attention alone knows less than MLP alone", TARGETS, "mlp", "attention", ANY, WORSE, BIDERMAN),
        Shape("all layers know no more than MLP alone", TARGETS, "mlp", "all", ANY, NONE, REGRET),
    ),
    "data_size_ablation": (
        Shape("10 facts are known no better than the same among 30", FACTS, "30", "10", NOT_4, NONE, PLETENEV),
        Shape("nor is it better to have them among 20", FACTS, "30", "20", NOT_4, NONE, PLETENEV),
        Shape("4 epochs are too few for so few rows", EPOCHS, "8", "4", NOT_4, WORSE, ARTICLE),
        Shape("16 epochs are no better than 10", EPOCHS, "10", "16", NOT_4, NONE, ARTICLE),
    ),
    "answer_style_ablation": (
        Shape("answers that repeat the question hinder other forms", STYLE, "written", "bare", (3,), BETTER, ARTICLE),
        Shape("bare values are learned better in other words too", STYLE, "written", "bare", (2,), BETTER, BARE),
    ),
    "statement_ablation": (
        Shape("facts trained as statements are not known when asked", FORM, "qa", "statement", (1, 2), WORSE, ALLEN_ZHU),
    ),
    "mix_ablation": (  # what the base still knows (kept) is no level: it stands in the report of the study
        Shape("1,000 unrelated rows make answers more flexible", MIXED, "0", "1000", (2, 3), BETTER, ARTICLE),
        Shape("100 unrelated rows are too few to", MIXED, "0", "100", (2, 3), NONE, ARTICLE),
        Shape("rote does not suffer from rows that the base knows", MIXED, "0", "1000", (1,), NONE, PLETENEV),
        Shape("unrelated rows do not help to combine", MIXED, "0", "1000", (4, 5), NONE, PLETENEV),
    ),
    "mix_ablation_steps": (
        Shape("at equal steps 1,000 unrelated rows crowd out the company's", MIXED, "0", "1000", (1, 2), WORSE, PLETENEV),
        Shape("100 unrelated rows do not", MIXED, "0", "100", (1, 2), NONE, PLETENEV),
    ),
    "quantization_ablation": (
        Shape("8 bits cost nothing", BITS, "none", "int8", ANY, NONE, ALLEN_ZHU),
        Shape("4 bits cost nothing", BITS, "none", "nf4", ANY, NONE, "Dettmers et al. 2023, arXiv:2305.14314"),
    ),
    "retrieval": (
        Shape("an adapter knows more than the untouched base", ARM, "base", "lora", (1, 2, 3, 4), BETTER, ARTICLE),
        Shape("retrieval knows more than the adapter", ARM, "lora", "bm25_passages", (3, 4, 5), BETTER, OVADIA),
        Shape("the adapter knows as much as retrieval", ARM, "bm25_passages", "lora", (1, 2), NONE, OVADIA),
        Shape("both know more than the adapter", ARM, "lora", "lora_bm25_passages", ANY, BETTER, OVADIA),
        Shape("both know no more than retrieval", ARM, "bm25_passages", "lora_bm25_passages", ANY, NONE, OVADIA),
        Shape("the fact in the prompt is the ceiling", ARM, "bm25_passages", "gold", ANY, BETTER, OVADIA),
    ),
    "head_ablation": HEAD_KNOWS,
    "hyperparameters": (
        Shape("the recipe that a search finds knows more than the default", RECIPE, "default", "found", ANY, BETTER, PROMISE),
        Shape("it repeats what was trained as well", RECIPE, "default", "found", (1,), NONE, PROMISE),
    ),
}
