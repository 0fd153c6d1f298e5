"""Installed as a wheel or editable, the product is whole: from another folder it finds its plug-in, configuration and data.

Each installation gets a new environment without packages of its own. The dependencies of the running one join it behind, as a
plain path: an editable install of this project over there, which works through a .pth file, is therefore not seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240  # for one subprocess; each takes a few on an idle machine

PROBE = """
import json
import hydra_plugins.sweep.sweeper as plugin
import sweep
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from sweep.cli.main import conf_dir
from sweep.data import mix
from sweep.data.files import load, shipped
print(json.dumps({
    "package": sweep.__file__,
    "plugin": plugin.__file__,
    "sweepers": [found.__name__ for found in Plugins.instance().discover(Sweeper)],
    "conf": str(conf_dir()),
    "data": {name: str(folder) for name, folder in shipped().items()},
    "facts": len(load("larkspur_en").facts),
    "mix": {name: str(file) for name, file in mix.shipped().items()},
    "mixed": len(mix.rows("en", None, "", "")),
}))
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the product in it, and where its files must then be."""

    python: Path
    src: Path
    conf: Path
    data: Path


def run(*command: str | Path, cwd: Path, expect: int = 0) -> str:
    """What a command prints, run in a clean environment: no variable may lead to the checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"}
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ran.returncode == expect, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session", params=["wheel", "editable"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp(request.param)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    behind = site / "zz_dependencies.pth"  # .pth files are read in the order of their names: this one joins at the end
    behind.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    what = [request.getfixturevalue("wheel")] if request.param == "wheel" else ["--no-build-isolation", "-e", str(ROOT)]
    flags = ["--no-index", "--no-deps", "--ignore-installed"]
    run(sys.executable, "-m", "pip", "--python", python, "install", *flags, *what, cwd=folder)
    if request.param == "wheel":
        return Installed(python, src=site, conf=site / "sweep" / "conf", data=site / "sweep" / "data_sets")
    return Installed(python, src=ROOT / "src", conf=ROOT / "conf", data=ROOT / "data")


def test_building_takes_what_builds_and_nothing_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert [Requirement(one).name for one in project["build-system"]["requires"]] == ["hatchling"]


def test_its_own_plugin_configuration_and_data_are_found(installed: Installed, tmp_path: Path) -> None:
    found = json.loads(run(installed.python, "-c", PROBE, cwd=tmp_path))
    assert Path(found["package"]) == installed.src / "sweep" / "__init__.py"
    assert Path(found["plugin"]) == installed.src / "hydra_plugins" / "sweep" / "sweeper.py"
    assert "SweepSweeper" in found["sweepers"]
    assert Path(found["conf"]) == installed.conf
    assert Path(found["data"]["larkspur_en"]) == installed.data / "larkspur_en"
    assert found["facts"] >= 30
    assert found["mix"] == {name: str(installed.data / "mix" / f"{name}.jsonl") for name in ("en", "ja")}
    assert found["mixed"] >= 1200


def test_the_command_composes_with_our_sweeper(installed: Installed, tmp_path: Path) -> None:
    assert "smollm2_135m" in run(installed.python, "-m", "sweep", "--cfg", "job", cwd=tmp_path)
    hydra = run(installed.python, "-m", "sweep", "--cfg", "hydra", "-p", "hydra.sweeper", cwd=tmp_path)
    assert "_target_: hydra_plugins.sweep.sweeper.SweepSweeper" in hydra
    assert list(tmp_path.iterdir()) == [], "asking for the configuration writes nothing"


def test_a_users_own_experiment_joins_the_search_path(installed: Installed, tmp_path: Path) -> None:
    run(installed.python, "-m", "sweep", "--cfg", "job", "+experiment=mine", cwd=tmp_path, expect=2)
    mine = tmp_path / "conf" / "experiment" / "mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("# @package _global_\n# Question: is this file found?\nlora: {rank: 7}\n", encoding="utf-8")
    assert "rank: 7" in run(installed.python, "-m", "sweep", "--cfg", "job", "-p", "lora", "+experiment=mine", cwd=tmp_path)


def test_the_wheel_holds_every_file_of_conf_and_data_and_nothing_beside(wheel: Path) -> None:
    """And no hydra_plugins/__init__.py, which would hide every other plug-in from Hydra."""
    names = zipfile.ZipFile(wheel).namelist()
    for folder, inside in (("conf", "sweep/conf"), ("data", "sweep/data_sets")):
        ours = {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert {name for name in names if name.startswith(f"{inside}/")} == ours
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"sweep", "hydra_plugins"}
    assert "hydra_plugins/__init__.py" not in names
    assert not [name for name in names if name.endswith((".pyc", ".orig", "~"))]
