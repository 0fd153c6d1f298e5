"""The experiments on knowledge, each on four invented companies with several seeds, and the page that says what they found.

    python -m bench.knowledge run layer_ablation_tuned --seeds 0,1,2,3,4,5        a GPU, or a CPU overnight
    python -m bench.knowledge page layer_ablation_tuned                           docs/results/knowledge/layer_ablation_tuned.md
    python -m bench.knowledge certify layer_ablation_tuned                        what its base can be measured with, once

`run` writes companies (`sweep.data.company`) and starts `python -m sweep +experiment=NAME` on them; what it has answered comes to
lie beside the page (`answers.py`). Cut off, the same command goes on. The page: `verdicts.py`; what was expected: `shapes.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from bench import beside, recipes, sound
from bench.answers import DATA, collected, read
from bench.filling import ROOT, swept
from bench.parts import joined
from bench.run import commit
from bench.verdicts import page

from sweep.data.company import invent, write
from sweep.track import folder

FOLDER = ROOT / "docs/results/knowledge"
COMPANIES = (7, 8, 9, 10)  # seeds of the generator; 7 is larkspur_en
# Nothing is stopped, and the untouched base, which knows nothing of an invented company, is not asked.
FIXED = ("search.sampler=grid", "search.max_failures=null", "evaluation.splits=[dev,test]", "evaluation.rung_questions=0")
ALONE = "evaluation.arms=[]"
BESIDE = ("retrieval",)  # experiments on the arms beside the trials: a study a company
SEARCHED = ("hyperparameters",)  # a search a company, and the default recipe beside what it found
LIKE_ARTICLE = ("article", "article_small")  # experiments on companies of the article's kind


def main() -> int:
    """Run an experiment, join its parts, write its page, or certify its companies."""
    args = _parser().parse_args()
    if args.act == "page":
        found = read(args.out / f"{args.experiment}.jsonl")
        told = page(args.experiment, found, sound.flagged(args.out, found))
        (args.out / f"{args.experiment}.md").write_text(told, encoding="utf-8")
        return 0
    if args.act == "join":
        joined([read(file) for file in args.files]).write(args.out / f"{args.experiment}.jsonl")
        return 0
    profile = "article" if args.experiment in LIKE_ARTICLE else "general"
    paths = _companies(args.work.resolve() / "companies", COMPANIES[: args.companies], profile)
    if args.act == "certify":
        sound.ask(args, paths, profile)
        return 0
    return 0 if _run(args, paths) else 1


def _run(args: argparse.Namespace, paths: Sequence[Path]) -> bool:
    """Whether every sweep ended well; what has ended is written in any case."""
    work: Path = args.work.resolve()
    apart = args.experiment in (*BESIDE, *SEARCHED)
    typed = {path.name: _typed(args, [path]) for path in paths} if apart else {"": _typed(args, paths)}
    if args.gpus and not apart:
        raise SystemExit(f"--gpus: got {args.gpus}, but {args.experiment} is one study, which trains on one; type no --gpus")
    ended = _at_once(args, typed)
    studies = {name: study for name in typed if (study := _study(work / "studies" / name)) is not None}
    if not studies:
        print(f"{args.experiment}: nothing was begun", flush=True)
        return False
    about = _about(args, next(iter(studies.values())))
    if args.experiment in SEARCHED:
        seeds = ",".join(map(str, recipes.seeds(studies)))
        words = [*FIXED, ALONE, *args.words, f"{DATA}={','.join(map(str, paths))}", f"search.seeds=[{seeds}]"]
        ended.append(_sweep(args, work / "studies" / recipes.DEFAULT, words))
        default = _study(work / "studies" / recipes.DEFAULT)
        assert default is not None, "its words are those of the searches, which have begun"
        found = recipes.collected(studies, default, about)
    elif args.experiment in BESIDE:
        found = beside.collected(studies, about | {"tune": []})
    else:
        found = collected(studies[""], about)
    file = args.out / f"{args.experiment}.jsonl"
    found.write(file)
    print(f"{args.experiment}: {len(found.answers)} answer sheets of {len(found.companies)} companies in {file}", flush=True)
    return all(ended)


def _at_once(args: argparse.Namespace, typed: Mapping[str, Sequence[str]]) -> list[bool]:
    """A study a company, as many at once as there are GPUs or jobs; each on a GPU that is free, or has the fewest."""
    gpus: list[str | None] = [*args.gpus.split(",")] if args.gpus else [None]
    jobs, free = args.jobs or len(gpus), SimpleQueue[str | None]()
    for gpu in islice(cycle(gpus), jobs):
        free.put(gpu)

    def sweep(name: str) -> bool:
        gpu = free.get()
        try:
            return _sweep(args, args.work.resolve() / "studies" / name, typed[name], gpu)
        finally:
            free.put(gpu)

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(sweep, typed))


def _typed(args: argparse.Namespace, paths: Sequence[Path]) -> list[str]:
    """What stands behind `python -m sweep` for a study of some companies."""
    companies = f"{DATA}={','.join(map(str, paths))}"
    if args.experiment in SEARCHED:  # with seeds, sampler and splits of its own: a search that reads test proves nothing
        return [f"+experiment={args.experiment}", ALONE, *args.words, *args.search, companies]
    arms = () if args.experiment in BESIDE else (ALONE,)
    return [f"+experiment={args.experiment}", *FIXED, *arms, *args.words, companies, f"search.seeds=[{args.seeds}]"]


def _sweep(args: argparse.Namespace, output: Path, words: Sequence[str], gpu: str | None = None) -> bool:
    """One study; whether it ended well."""
    work: Path = args.work.resolve()
    places = [f"output_dir={output}", f"tracking.uri=sqlite:///{work / 'mlflow.db'}"]
    return swept([*words, *places, "-m"], work, args.limit, gpu)


def _study(output: Path) -> Path | None:
    """The folder of the study that ran last."""
    found = sorted(output.glob(f"*/{folder.STUDY}"), key=lambda one: one.stat().st_mtime)
    return found[-1].parent if found else None


def _about(args: argparse.Namespace, root: Path) -> dict[str, Any]:
    text = (root / folder.STUDY).read_text(encoding="utf-8")
    study = json.loads(text.replace(f"{args.work.resolve()}/", ""))  # where it ran is nobody's concern
    about = {key: study[key] for key in ("experiment", "question", "tune", "space")}
    model, quantization = study["config"]["model"]["name"], study["config"]["quantization"]["kind"]
    return about | {
        "model": model,
        "quantization": quantization,
        "commit": args.commit or commit(),
        "words": args.words,
        "search": args.search,
    }


def _companies(place: Path, seeds: Sequence[int], profile: str) -> list[Path]:
    """Their folders, by name."""
    found = []
    for seed in seeds:
        company = invent("en", seed=seed, profile=profile)
        found.append(place / company.name.lower())
        write(company, found[-1])
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("act", choices=("run", "page", "certify", "join"))
    parser.add_argument("experiment", help="a file of conf/experiment")
    parser.add_argument("files", nargs="*", type=Path, help="of join: what parts of the experiment have answered (parts.py)")
    parser.add_argument("--seeds", default="0,1,2,3,4,5", help="of training (default: 0,1,2,3,4,5)")
    parser.add_argument("--companies", type=int, default=len(COMPANIES), choices=range(1, len(COMPANIES) + 1))
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the answers and the page (default: %(default)s)")
    parser.add_argument(
        "--work", type=Path, default=Path("knowledge"), help="folder of companies and studies; with it a run goes on"
    )
    parser.add_argument("--limit", type=float, default=None, help="seconds after which the sweep is stopped")
    parser.add_argument(
        "--jobs", type=int, default=None, help="companies at once, where each has a study of its own (default: 1)"
    )
    parser.add_argument("--gpus", default=None, metavar="0,1", help="that such companies share; then as many jobs, unless told")
    parser.add_argument("--commit", default=None, help="for a machine without the repository's history")
    parser.add_argument("--words", nargs="+", default=[], metavar="KEY=VALUE", help="further overrides, such as model=tiny")
    parser.add_argument("--search", nargs="+", default=[], metavar="KEY=VALUE", help="of a search alone: search.n_trials=30")
    return parser


if __name__ == "__main__":
    sys.exit(main())
