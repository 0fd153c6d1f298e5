"""The experiments on knowledge, each on four invented companies with several seeds, and the page that says what they found.

    python -m bench.knowledge run layer_ablation_tuned --seeds 0,1,2,3,4,5        a GPU, or a CPU overnight
    python -m bench.knowledge page layer_ablation_tuned                           docs/results/knowledge/layer_ablation_tuned.md

`run` writes companies (`sweep.data.company`) and starts `python -m sweep +experiment=NAME` on them; what it has answered comes to
lie beside the page (`answers.py`). Cut off, the same command goes on. The page: `verdicts.py`; what was expected: `shapes.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import beside
from bench.answers import DATA, collected, read
from bench.filling import ROOT, swept
from bench.run import commit

from sweep.data.company import invent, write
from sweep.track import folder

FOLDER = ROOT / "docs/results/knowledge"
COMPANIES = (7, 8, 9, 10)  # seeds of the generator; 7 is larkspur_en
# Nothing is stopped, and the untouched base, which knows nothing of an invented company, is not asked.
FIXED = ("search.sampler=grid", "search.max_failures=null", "evaluation.splits=[dev,test]", "evaluation.rung_questions=0")
ALONE = "evaluation.arms=[]"
BESIDE = ("retrieval",)  # experiments on the arms beside the trials: a study a company
LIKE_ARTICLE = ("article", "article_small")  # experiments on companies of the article's kind


def main() -> int:
    """Run an experiment, or write its page."""
    args = _parser().parse_args()
    file = args.out / f"{args.experiment}.jsonl"
    if args.act == "run":
        return 0 if _run(args, file) else 1
    from bench.verdicts import page  # scipy, which a machine that only trains may lack

    (args.out / f"{args.experiment}.md").write_text(page(args.experiment, read(file)), encoding="utf-8")
    return 0


def _run(args: argparse.Namespace, file: Path) -> bool:
    """Whether the sweep ended well; what has ended is written in any case."""
    work: Path = args.work.resolve()
    profile = "article" if args.experiment in LIKE_ARTICLE else "general"
    paths = _companies(work / "companies", COMPANIES[: args.companies], profile)
    apart = args.experiment in BESIDE
    places = {path.name: [path] for path in paths} if apart else {"": paths}
    ended = [_sweep(args, work / "studies" / name, work, some) for name, some in places.items()]
    studies = {name: study for name in places if (study := _study(work / "studies" / name, args.experiment)) is not None}
    if not studies:
        print(f"{args.experiment}: nothing was begun", flush=True)
        return False
    about = _about(args, next(iter(studies.values())))
    found = beside.collected(studies, about | {"tune": []}) if apart else collected(studies[""], about)
    found.write(file)
    print(f"{args.experiment}: {len(found.answers)} answer sheets of {len(found.companies)} companies in {file}", flush=True)
    return all(ended)


def _sweep(args: argparse.Namespace, output: Path, work: Path, paths: Sequence[Path]) -> bool:
    """One study of some companies; whether it ended well."""
    arms = () if args.experiment in BESIDE else (ALONE,)
    words = [*FIXED, *arms, *args.words, f"{DATA}={','.join(map(str, paths))}", f"search.seeds=[{args.seeds}]"]
    places = [f"output_dir={output}", f"tracking.uri=sqlite:///{work / 'mlflow.db'}"]
    return swept([f"+experiment={args.experiment}", *words, *places, "-m"], work, args.limit)


def _study(output: Path, experiment: str) -> Path | None:
    """The folder of the study that ran last."""
    found = sorted(output.glob(f"{experiment}-*/{folder.STUDY}"), key=lambda one: one.stat().st_mtime)
    return found[-1].parent if found else None


def _about(args: argparse.Namespace, root: Path) -> dict[str, Any]:
    text = (root / folder.STUDY).read_text(encoding="utf-8")
    study = json.loads(text.replace(f"{args.work.resolve()}/", ""))  # where it ran is nobody's concern
    about = {key: study[key] for key in ("experiment", "question", "tune", "space")}
    return about | {"model": study["config"]["model"]["name"], "commit": args.commit or commit(), "words": args.words}


def _begun(place: Path, experiment: str) -> list[Path]:
    """The folders of an experiment's studies, the latest last."""
    files = sorted(place.glob(f"{experiment}-*/{folder.STUDY}"), key=lambda one: one.stat().st_mtime)
    return [file.parent for file in files]


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
    parser.add_argument("act", choices=("run", "page"))
    parser.add_argument("experiment", help="a file of conf/experiment")
    parser.add_argument("--seeds", default="0,1,2,3,4,5", help="of training (default: 0,1,2,3,4,5)")
    parser.add_argument("--companies", type=int, default=len(COMPANIES), choices=range(1, len(COMPANIES) + 1))
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the answers and the page (default: %(default)s)")
    parser.add_argument(
        "--work", type=Path, default=Path("knowledge"), help="folder of companies and studies; with it a run goes on"
    )
    parser.add_argument("--limit", type=float, default=None, help="seconds after which the sweep is stopped")
    parser.add_argument("--commit", default=None, help="for a machine without the repository's history")
    parser.add_argument("--words", nargs="+", default=[], metavar="KEY=VALUE", help="further overrides, such as model=tiny")
    return parser


if __name__ == "__main__":
    sys.exit(main())
