"""Pages for users: every command is run, or checked word by word where it cannot be; links lead somewhere, keys exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.composed import config
from tests.typed_commands import PAGES, ROOT, Typist, Unknown, command, commands, files, lines, small, vet, write_files

from sweep.config import flat_keys, plain
from sweep.errors import ConfigFault
from sweep.track import store

DOCS = PAGES[1:]
SUBJECTS = {"own_data", "what_to_sweep", "read_the_report", "gpu", "five_levels", "packing"}
KEY = re.compile(
    r"`\+?((?:model|quantization|lora|training|data|prompt|evaluation|search|executor|tracking)(?:\.[a-z_]+)+)(?:=[^`]*)?`"
)
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")


def named(pages: tuple[Path, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=[page.stem for page in pages])


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of MLflow's that is there."""
    place = tmp_path_factory.mktemp("runs")
    (place / "mlruns").mkdir()
    store.open_client(uri := f"sqlite:///{place}/mlruns/mlflow.db")
    return uri


def test_there_is_a_page_for_each_subject_and_the_readme_leads_to_it() -> None:
    assert {page.stem for page in DOCS} == SUBJECTS
    readme = PAGES[0].read_text(encoding="utf-8")
    assert all(f"](docs/{page.name})" in readme for page in DOCS)
    assert all(60 <= len(page.read_text(encoding="utf-8").splitlines()) <= 150 for page in DOCS)


@named(DOCS)
def test_every_command_is_known_and_every_word_of_it_exists(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(page, tmp_path)
    found = commands(page)
    assert found, "a page without a command"
    for one in found:
        vet(one)


@pytest.mark.system
@named(PAGES)
def test_the_commands_of_a_page_run_in_their_order(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tracking: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(page, tmp_path)
    typist = Typist(lambda: "".join(capfd.readouterr()), tracking)
    for one in commands(page):
        typist.type(one)


def test_a_command_without_a_rule_is_a_failure(tmp_path: Path) -> None:
    for line in ("nvidia-smi", "python -m sweep.nothing", "python train.py", "python -m other", "rm -r multirun"):
        with pytest.raises(Unknown, match=line):
            command(line)
    page = tmp_path / "page.md"
    page.write_text("Text.\n\n    nvidia-smi\n\n```text\nno command\n```\n")
    assert lines(page) == ["nvidia-smi"]
    with pytest.raises(Unknown):
        commands(page)


@pytest.mark.parametrize(
    "line",
    [
        "python -m sweep lora.rnk=4", "python -m sweep +experiment=nothing -m", "python -m sweep lora.rank=4,16", "make nothing",
        "pip install torchtune", "python -m sweep.certify data.pth=larkspur_en",
    ],
)  # fmt: skip
def test_a_word_that_does_not_exist_is_a_failure(line: str) -> None:
    with pytest.raises((ConfigFault, AssertionError)):
        vet(command(line))


def test_a_command_that_ends_otherwise_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    typist = Typist(lambda: "".join(capfd.readouterr()), "unused")
    with pytest.raises(AssertionError, match=r"(?s)sweep.report nothing ended with 2:.*holds no study"):
        typist.type(command("python -m sweep.report nothing"))


def test_a_small_sweep_keeps_what_it_is_about() -> None:
    kept = small(["model=hf", "model.source=owner/name", "lora.rank=4,16", "training.epochs=4,8", "-m"])
    assert kept[:2] == ["lora.rank=4,16", "-m"]
    assert {"model=tiny", "training.epochs=1", "search.constraints=null"} <= set(kept)
    assert "search.dry_run=true" not in kept
    assert "data.kinds=[multi]" not in small(["data.path=acorn.csv"])
    assert "search.dry_run=true" in small(["+experiment=article", "-m"])


def test_a_file_that_a_page_shows_is_one_that_its_commands_can_read() -> None:
    shown = {name for page in DOCS for name in files(page)}
    assert {"acorn.csv", "conf/experiment/dropout.yaml"} <= shown


@named(PAGES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, section in LINK.findall(page.read_text(encoding="utf-8")):
        aimed = (page.parent / target).resolve() if target else page
        assert aimed.exists(), target
        assert aimed.is_relative_to(ROOT), target
        if section:
            heads = re.findall(r"^#+ (.*)$", aimed.read_text(encoding="utf-8"), re.MULTILINE)
            assert section in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, f"{target}#{section}"


@named(PAGES)
def test_every_key_that_is_named_exists(page: Path) -> None:
    known = set(flat_keys(plain(config()))) | {"search.constraints.L1"}
    unknown = set(KEY.findall(page.read_text(encoding="utf-8"))) - known
    assert not unknown
    assert KEY.findall("`lora.rnk=4` and `search.confirm.top`") == ["lora.rnk", "search.confirm.top"]


def test_every_experiment_is_named_and_every_name_exists() -> None:
    shipped = {file.stem for file in (ROOT / "conf" / "experiment").glob("*.yaml")}
    page = ROOT / "docs" / "what_to_sweep.md"
    table = page.read_text(encoding="utf-8").partition("| you ask |")[2].partition("\n\n")[0]
    cells = [line.split("|")[2] for line in table.splitlines()[2:]]
    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == shipped
