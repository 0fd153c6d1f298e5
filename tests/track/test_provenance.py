"""Provenance: what it finds in a checkout, and that it finds nothing rather than fail outside one."""

from __future__ import annotations

import json
import platform
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from sweep.track import provenance

WHO = ["-c", "user.name=t", "-c", "user.email=t@example.com"]


def git(folder: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", "-C", str(folder), *WHO, *arguments], text=True).strip()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A committed file in a repository."""
    path = tmp_path / "code.py"
    path.write_text("x = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return path


@pytest.fixture(autouse=True)
def _forget() -> None:
    provenance.git_state.cache_clear()


def test_a_clean_checkout_gives_its_commit(code: Path) -> None:
    assert provenance.git_state(code) == (git(code.parent, "rev-parse", "HEAD"), False)


def test_a_changed_file_makes_it_dirty(code: Path) -> None:
    code.write_text("x = 2\n")
    assert provenance.git_state(code)[1] is True


def test_a_new_study_folder_does_not_make_it_dirty(code: Path) -> None:
    (code.parent / "multirun").mkdir()
    (code.parent / "multirun" / "result.json").write_text("{}")
    assert provenance.git_state(code)[1] is False


def test_an_installed_package_is_not_the_code_of_the_repository_around_it(code: Path) -> None:
    installed = code.parent / "site-packages" / "code.py"
    installed.parent.mkdir()
    installed.write_text("x = 1\n")
    assert provenance.git_state(installed) == (None, None)


def test_outside_a_checkout_or_without_git_there_is_no_commit(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(code.parent))
    assert provenance.git_state(code) == (None, None)


def test_collect_names_packages_machine_and_start() -> None:
    found = provenance.collect("cpu", "abc", "d" * 64, precision="fp32", started=provenance.now())
    assert {"knowledge-sweep", "torch", "transformers", "tokenizers", "peft", "trl", "datasets"} <= set(found["packages"])
    assert found["packages"]["mlflow"] == version("mlflow")
    assert (found["device"], found["model_revision"], found["data_digest"]) == ("cpu", "abc", "d" * 64)
    assert found["precision"] == "fp32"
    assert found["python"] == platform.python_version()
    assert found["cores"] >= 1
    assert found["cpu"]
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(found["started"]) < timedelta(minutes=1)
    assert found["started"] <= found["ended"]


def test_collect_tells_neither_the_host_nor_where_files_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    node = "secret-host-7"
    monkeypatch.setattr(platform, "node", lambda: node)
    text = json.dumps(provenance.collect("cpu", None, ""))
    assert node not in text
    assert str(Path.cwd()) not in text
    assert str(Path.home()) not in text or str(Path.home()) == "/"


def test_a_missing_package_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("no-such-package-at-all",))
    provenance.versions.cache_clear()
    assert provenance.versions() == {"no-such-package-at-all": None}
    provenance.versions.cache_clear()
