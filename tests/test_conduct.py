"""What stands around a study: here, that a report which cannot be written costs nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep import conduct


def test_a_report_that_cannot_be_written_is_told_and_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    conduct._report(tmp_path)
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("Warning: the report could not be written: JSONDecodeError: ")
    assert said.endswith(f"python -m sweep.report {tmp_path} tries again")
    assert [file.name for file in tmp_path.iterdir()] == ["study.json"]
