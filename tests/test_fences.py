"""The fences between rooms: an import only points down, and a third-party package is used only where the table says.

They are read off the syntax trees of src/, so that imports inside functions and under TYPE_CHECKING count too.
Every fence has a small made-up violation beside it, to prove that it can fail.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"

FLOORS = (  # bottom to top; `sweep` is sweep/__init__.py, which everybody may import and which imports nothing of ours
    ("sweep",),
    ("errors", "address", "text"),
    ("reading", "goals", "graders", "arms", "costs", "clusters"),
    ("config", "data"),
    ("model", "trial", "selection", "demands"),
    ("train", "evaluate", "track", "search"),
    ("resident", "preflight", "recall", "report", "request", "interrupts", "running", "ownership"),
    ("worker", "seeds", "judging"),
    ("launch",),
    ("controller", "foresight", "followers", "assembly", "scheme"),
    ("confirm", "status"),
    ("conduct", "ask", "export"),
    ("cli",),
    ("hydra_plugins", "certify", "judge", "mark"),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def _files(*rooms: str) -> tuple[str, ...]:
    """Patterns for all files of these rooms."""
    return tuple(p for room in rooms for p in (f"sweep/{room}.py", f"sweep/{room}/*", f"{room}/*"))


ABOVE_FLOOR_1 = _files(*(room for rooms in FLOORS[2:] for room in rooms))
THIRD_PARTY = {
    "hydra": _files("cli", "hydra_plugins"),
    "omegaconf": _files("cli", "hydra_plugins"),
    "optuna": _files("search"),
    "sqlalchemy": _files("search"),
    "torch": (
        *_files("model", "train"),
        *(f"sweep/evaluate/{name}.py" for name in ("batches", "drift", "generation", "likelihood")),
        "sweep/data/tokens.py",
    ),
    "transformers": ("sweep/model/base*.py", "sweep/train/reference.py"),
    "bitsandbytes": ("sweep/model/base*.py",),
    "gguf": ("sweep/model/base*.py",),
    "trl": ("sweep/train/reference.py",),
    "peft": (*_files("model"), "sweep/train/reference.py"),
    "datasets": ("sweep/train/reference.py",),
    "accelerate": (),
    "bm25s": ("sweep/evaluate/retrieval.py",),
    "mlflow": _files("track"),
    "jinja2": ("sweep/data/prompts.py", "sweep/report/page.py"),
    "yaml": (*_files("model", "track"), "sweep/data/own_files.py"),
    "safetensors": _files("model"),
    "tokenizers": _files("model"),
    "huggingface_hub": _files("model"),
    "numpy": ABOVE_FLOOR_1,
    "rich": _files("report"),
    "scipy": _files("report"),
}


# ---- reading imports ---------------------------------------------------------------------------------------------------

Sources = Mapping[str, str]  # path below src/ -> Python source


def sources() -> dict[str, str]:
    """The package as it is."""
    return {path.relative_to(SRC).as_posix(): path.read_text(encoding="utf-8") for path in sorted(SRC.rglob("*.py"))}


def imports(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import in a file; `from a import b` is a.b, which may be a module or a name in one."""
    package = path.split("/")[:-1]
    for node in ast.walk(ast.parse(source, path)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else []
                start = ".".join([*above, *([module] if module else [])])
                yield from ((node.lineno, f"{start}.{alias.name}") for alias in names)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called in ("import_module", "__import__"):
                name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
                yield node.lineno, name if isinstance(name, str) else "?"


def module_of(path: str) -> str:
    """The dotted name of a file: sweep/data/records.py is sweep.data.records."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def room_of(module: str) -> str:
    """The room a module of ours is in: sweep.data.records is in data."""
    top, *rest = module.split(".")
    return rest[0] if rest and top == "sweep" else top


def own(name: str, modules: set[str]) -> str:
    """The module of ours behind an imported name: its longest beginning that is a file."""
    parts = name.split(".")
    return next((m for n in range(len(parts), 0, -1) if (m := ".".join(parts[:n])) in modules), name)


# ---- the fences --------------------------------------------------------------------------------------------------------


def upward(tree: Sources) -> list[str]:
    """Imports that do not point down: up, or to a sibling on the same floor. Files of one room may import each other."""
    modules, faults = {module_of(path) for path in tree}, []
    for path, line, name in _every(tree):
        here, there = room_of(module_of(path)), room_of(own(name, modules))
        if name.split(".")[0] in ("sweep", "hydra_plugins") and here != there:
            strangers = [room for room in (here, there) if room not in FLOOR]
            if strangers:
                faults.append(f"{path}:{line}: {', '.join(strangers)} stands on no floor of tests/test_fences.py")
            elif FLOOR[there] >= FLOOR[here]:
                where = "beside" if FLOOR[there] == FLOOR[here] else "above"
                faults.append(f"{path}:{line}: imports {name}, but {there} is {where} {here}; imports point down")
    return faults


def circles(tree: Sources) -> list[str]:
    """Files that import each other in a circle; one circle at a time."""
    modules = {module_of(path) for path in tree}
    graph = {module: set[str]() for module in modules}
    for path, _, name in _every(tree):
        graph[module_of(path)] |= {own(name, modules)} & (modules - {module_of(path)})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return [" <- ".join(circle.args[1])]
    return []


def smuggled(tree: Sources) -> list[str]:
    """Third-party imports outside the files that the table names."""
    faults = []
    for path, line, name in _every(tree):
        package = name.split(".")[0]
        if package in sys.stdlib_module_names or package in ("sweep", "hydra_plugins"):
            continue
        if package not in THIRD_PARTY:
            faults.append(f"{path}:{line}: {package} is not in the table of tests/test_fences.py")
        elif not any(fnmatch(path, pattern) for pattern in THIRD_PARTY[package]):
            where = ", ".join(dict.fromkeys(THIRD_PARTY[package])) or "nowhere"
            faults.append(f"{path}:{line}: {package} may be imported in {where}")
    return faults


def _every(tree: Sources) -> Iterator[tuple[str, int, str]]:
    return ((path, line, name) for path, source in tree.items() for line, name in imports(path, source))


def test_imports_point_down() -> None:
    assert "\n".join(upward(sources())) == ""


def test_no_file_imports_itself_through_others() -> None:
    assert "\n".join(circles(sources())) == ""


def test_third_parties_stay_where_the_table_says() -> None:
    assert "\n".join(smuggled(sources())) == ""


def test_every_room_has_its_floor() -> None:
    """A floor for a room that is gone would hide a misspelling."""
    assert {room_of(module_of(path)) for path in sources()} == set(FLOOR)


def test_every_import_is_declared() -> None:
    """What only comes along with another package may be gone with its next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_plain(re.split(r"[^\w.-]", requirement)[0]) for requirement in project["dependencies"]}
    origin = metadata.packages_distributions()
    third = {name.split(".")[0] for _, _, name in _every(sources())} - set(sys.stdlib_module_names) - {"sweep", "hydra_plugins"}
    assert [name for name in sorted(third) if not declared & {_plain(found) for found in origin.get(name, [])}] == []


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


# ---- and proof that they can fail --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        (
            "sweep/data/a.py",
            "from sweep.model import base",
            "sweep/data/a.py:1: imports sweep.model.base, but model is above data",
        ),
        ("sweep/track/a.py", "import sweep.search.study", "imports sweep.search.study, but search is beside track"),
        ("sweep/text/a.py", "from sweep import errors", "errors is beside text"),
        ("sweep/trial.py", "from .worker import Worker", "worker is above trial"),
        ("sweep/data/a.py", "from ..model import base", "model is above data"),
        ("sweep/data/a.py", "def f():\n    import sweep.model.base", "sweep/data/a.py:2:"),
        ("sweep/data/a.py", "if TYPE_CHECKING:\n    from sweep.model.base import Base", "sweep/data/a.py:2:"),
        ("sweep/data/a.py", "importlib.import_module('sweep.model.base')", "model is above data"),
        ("sweep/conduct.py", "import hydra_plugins.sweep.sweeper", "hydra_plugins is above conduct"),
        ("sweep/__init__.py", "from sweep.errors import Fault", "errors is above sweep"),
        ("sweep/cellar.py", "import sweep.errors", "cellar stands on no floor"),
    ],
)
def test_an_import_that_does_not_point_down_is_found(path: str, source: str, fault: str) -> None:
    made_up = {"sweep/errors.py": "", "sweep/model/base.py": "", "sweep/search/study.py": "", "sweep/worker.py": ""}
    (found,) = upward({**made_up, path: source})
    assert fault in found


def test_imports_downward_and_inside_a_room_are_no_fault() -> None:
    tree = {
        "sweep/errors.py": "",
        "sweep/data/a.py": "from sweep.data import b\nfrom .b import c",
        "sweep/data/b.py": "import sweep",
    }
    assert upward(tree) == circles(tree) == []
    assert upward({"sweep/worker.py": "from sweep.data import a", **tree}) == []


def test_a_circle_is_found() -> None:
    tree = {"sweep/data/a.py": "from sweep.data import b", "sweep/data/b.py": "def f():\n    from sweep.data.a import g"}
    assert circles(tree) in (["sweep.data.a <- sweep.data.b <- sweep.data.a"], ["sweep.data.b <- sweep.data.a <- sweep.data.b"])


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("sweep/data/records.py", "import torch.nn", "sweep/data/records.py:1: torch may be imported in"),
        ("sweep/model/layers.py", "from transformers import Trainer", "transformers may be imported in sweep/model/base*.py"),
        ("sweep/evaluate/ladder.py", "def f():\n    from torch import nn", "sweep/evaluate/ladder.py:2: torch"),
        ("sweep/text/match.py", "import numpy as np", "numpy may be imported in"),
        ("sweep/train/packed.py", "import accelerate", "accelerate may be imported in nowhere"),
        ("sweep/worker.py", "__import__('rich.console')", "rich may be imported in"),
        ("sweep/worker.py", "import_module(name)", "? is not in the table"),
        ("sweep/worker.py", "import tests.track.cases", "tests is not in the table"),
    ],
)
def test_a_smuggled_package_is_found(path: str, source: str, fault: str) -> None:
    (found,) = smuggled({path: source})
    assert fault in found


# ---- what a start loads ------------------------------------------------------------------------------------------------


def loaded(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after this code."""
    listing = f"{code}\nimport sys; print('LOADED', *sys.modules)"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SRC), *filter(None, [os.environ.get("PYTHONPATH")])])}
    ran = subprocess.run(
        [sys.executable, "-c", listing], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return {name.split(".")[0] for name in ran.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize("code", ["import sweep.cli.main", "from sweep.cli.main import main\nmain(['--cfg', 'job'])"])
def test_the_command_line_answers_without_loading_what_is_heavy(code: str) -> None:
    """Each of these takes a second or more; --help, --cfg and a refusal need none of them."""
    found = loaded(code)
    assert "hydra" in found, "the list of packages is not empty"
    assert found & {"torch", "transformers", "optuna", "mlflow"} == set()


def test_a_study_needs_no_torch() -> None:
    found = loaded("import sweep.search.study")
    assert "optuna" in found, "a package that is loaded is seen"
    assert "torch" not in found
