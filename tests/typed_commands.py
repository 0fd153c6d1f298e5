"""Commands as README and docs/ show them, and how a test types them: word for word where that takes seconds, else small.

A page's commands run in the order in which they stand there, in one folder, since later ones speak of what earlier ones made.
Each is of a kind that a rule knows; a line that no rule knows raises `Unknown`, so that none stands there untested.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from tests.judging.server import serving

from sweep.cli.check import check
from sweep.cli.main import VERSION_BASE, conf_dir, parsed
from sweep.data import mix
from sweep.track import folder
from sweep.track.named import find

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ENVIRONMENT = ".venv/bin"  # what the Makefile makes
SMALL = (
    "model=tiny", "training.epochs=1", "training.max_length=400", "data.kinds=[multi]", "evaluation.questions=1",
    "evaluation.max_new_tokens=4", "search.n_trials=2", "search.confirm.seeds=2", "search.constraints=null",
)  # fmt: skip
AS_IS = ("data.check", "data.company", "report", "status", "ask", "export", "track.rebuild")  # seconds, on what `SMALL` has left
MARKED = 8  # rows that a base is asked


class Unknown(AssertionError):
    """A command that no rule knows: it would stand there untested."""


@dataclass(frozen=True)
class Command:
    """One line of a page."""

    line: str
    kind: str  # a key of RUN
    words: tuple[str, ...]  # behind what makes its kind
    env: Mapping[str, str]


# ---- what stands on a page ----------------------------------------------------------------------------------------------


def lines(page: Path) -> list[str]:
    """The lines of its indented blocks, which hold commands and nothing else; the rest stands in fences, with a language."""
    return [line[4:] for line, fence in _fenced(page) if fence is None and line.startswith("    ") and line.strip()]


def files(page: Path) -> dict[str, str]:
    """The files that a page shows: fences with a name behind their language, name -> content."""
    found: dict[str, list[str]] = {}
    for line, fence in _fenced(page):
        if fence is not None and " " in fence:
            found.setdefault(fence.partition(" ")[2], []).append(line)
    return {name: "".join(f"{line}\n" for line in content) for name, content in found.items()}


def _fenced(page: Path) -> Iterator[tuple[str, str | None]]:
    """Every line with the words behind the ``` that it stands under; None outside of fences."""
    fence: str | None = None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fence = line.removeprefix("```") if fence is None else None
        else:
            yield line, fence


# ---- which kind a command is --------------------------------------------------------------------------------------------


def commands(page: Path) -> list[Command]:
    """Raises: Unknown."""
    return [command(line) for line in lines(page)]


def command(line: str) -> Command:
    """By rule. Raises: Unknown."""
    words = shlex.split(line, comments=True)
    env = {}
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, env[name] = words.pop(0).partition("=")
    for kind, begins in _BEGINNINGS.items():
        if tuple(words[: len(begins)]) == begins:
            return Command(line, kind, tuple(words[len(begins) :]), env)
    raise Unknown(f"{line}: a command that tests/typed_commands.py has no rule for, so that nothing would run it")


_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "sweep": ("python", "-m", "sweep"),
    **{f"sweep.{name}": ("python", "-m", f"sweep.{name}") for name in (*AS_IS, "certify", "judge", "mark")},
    "code": ("python", "-c"),
    "make": ("make",),
    "install": ("pip", "install"),
    "activate": (".", f"{ENVIRONMENT}/activate"),
}


# ---- before anything runs: every word is one that exists ----------------------------------------------------------------


def vet(one: Command) -> None:
    """What can be said of it without running it, in the folder in which it would be typed. Raises: whatever is wrong with it."""
    if one.kind == "sweep":
        args, _ = parsed(list(one.words))
        check(conf_dir(), VERSION_BASE, args.overrides, multirun=bool(args.multirun), composes=not args.help)
    elif one.kind in ("sweep.certify", "sweep.mark"):
        overrides = [word for word in one.words if "=" in word]
        check(conf_dir(), VERSION_BASE, overrides, multirun=False, composes=True)
    elif one.kind == "make":
        _steps(one)
    elif one.kind == "install":
        _declared(one)
    elif one.kind == "activate":
        assert f"BIN := {ENVIRONMENT}\n" in (ROOT / "Makefile").read_text()


def _steps(one: Command) -> list[str]:
    """What `make` would type of ours, as a user would."""
    made = f"{ENVIRONMENT}/python"
    words = ["make", "-C", str(ROOT), "-n", "-o", ".venv/.installed", *one.words]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    steps = ended.stdout.replace("\\\n", " ").splitlines()
    return [step.replace(made, "python").strip() for step in steps if step.startswith(f"{made} -m sweep")]


def _declared(one: Command) -> None:
    """Every requirement is one of pyproject.toml's, with its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {(one.name, frozenset(one.extras)) for one in map(Requirement, known)}
    for wanted in map(Requirement, one.words):
        assert (wanted.name, frozenset(wanted.extras)) in declared, f"{wanted} is no requirement of pyproject.toml"


# ---- running ------------------------------------------------------------------------------------------------------------

Say = Callable[[], str]  # what was printed since it was called last


@dataclass(frozen=True)
class Typist:
    """Types commands in the current folder, in this process, which saves the seconds of loading torch for each."""

    said: Say
    tracking: str  # where runs are tracked: a new database takes seconds

    def type(self, one: Command) -> None:
        """Raises: AssertionError where it does not do what the page says."""
        with _environment(one.env):
            vet(one)
            if one.kind == "make":
                for step in _steps(one):
                    self.type(command(step))
            elif one.kind == "code":
                ended = subprocess.run([sys.executable, "-c", *one.words], capture_output=True, text=True, timeout=60)
                assert ended.returncode == 0, ended.stderr
            elif one.kind.startswith("sweep"):
                self._ours(one)

    def _ours(self, one: Command) -> None:
        words = list(one.words)
        if one.kind == "sweep":
            return self._sweep(words)
        if one.kind == "sweep.certify":
            few = ("evaluation.max_new_tokens=4", "--wordings", "1", "--out", "certified")
            words = [*_without(words, SMALL), "model=tiny", *few]
        if one.kind == "sweep.mark":
            words = [*(word for word in words if not word.startswith(("model", "data.mix.path="))), "model=tiny", _few_rows()]
        if one.kind == "sweep.judge":
            with serving() as server:
                words[words.index("--url") + 1] = server.url
                self._run(one.kind, words)
                assert server.asked, "nobody was asked"
            return None
        return self._run(one.kind, words)

    def _sweep(self, words: list[str]) -> None:
        if "--help" in words:
            return self._run("sweep", words)
        if any(word.startswith("search.storage=postgresql:") for word in words):
            return self._run("sweep", [*small(words), f"tracking.uri={self.tracking}"], 2, "does not answer")
        before = sorted(Path.cwd().rglob("*"))
        self._run("sweep", [*small(words), f"tracking.uri={self.tracking}"])
        if "search.dry_run=true" in small(words):
            assert sorted(Path.cwd().rglob("*")) == before, "a dry run has written something"
            return None
        study = find(None, Path("multirun"))
        results = folder.results(study).values()
        assert results, f"{study} holds no result"
        assert {result["state"] for result in results} == {"COMPLETE"}, [result.get("error") for result in results]
        return None

    def _run(self, module: str, words: Sequence[str], code: int = 0, told: str = "") -> None:
        """As `python -m` does."""
        self.said()
        argv, sys.argv = sys.argv, [module, *words]
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            ended: object = 0
        except SystemExit as end:
            ended = end.code or 0
        finally:
            sys.argv = argv
        said = self.said()
        assert ended == code, f"{shlex.join([module, *words])} ended with {ended}:\n{said}"
        assert told in said, said


def small(words: Sequence[str]) -> list[str]:
    """The words of a sweep, so that it takes seconds: the tiny model in place of any other, few rows and questions."""
    own_rows = any(
        word.startswith(("data=", "data.path=", "data.kinds=", "data.joins=", "+experiment=article")) for word in words
    )
    limited = any("search.constraints" in word for word in words)
    left_out = {"data.kinds": own_rows, "search.constraints": limited, "search.n_trials": "-m" not in words}
    added = [word for word in SMALL if not left_out.get(word.partition("=")[0])]
    return [*_without(words, added), *added, *(["search.dry_run=true"] if _needs_a_gpu(words) else [])]


def _without(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """Those whose key is not among the others', and nothing of another model."""
    keys = {word.partition("=")[0] for word in others}
    return [word for word in words if word.partition("=")[0] not in keys and not word.startswith("model")]


def _needs_a_gpu(words: Sequence[str]) -> bool:
    """The article's recipe, and optimizers of 8 bits, have no CPU."""
    return "+experiment=article" in words or any("8bit" in word for word in words)


def _few_rows() -> str:
    """Marks stand beside their file, so the shipped one is copied, in part."""
    rows = mix.shipped()["en"].read_text(encoding="utf-8").splitlines()[:MARKED]
    assert all(json.loads(row)["keys"] for row in rows)
    Path("few.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return "data.mix.path=few.jsonl"


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    former = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def write_files(page: Path, place: Path) -> None:
    """The files that a page shows."""
    for name, content in files(page).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content, encoding="utf-8")
