"""A study in PostgreSQL, on a real server: real processes where one is killed or the server stops, else Workers that compute
instead of training. Nothing is skipped where the server cannot be had."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from optuna.trial import FrozenTrial
from tests.postgres_server import DATABASE, PASSWORD, USER, Server, running
from tests.sweeping import WORDS, assert_whole, begin, end, results, wait_for
from tests.test_controller import RANKS, SPACE, Reckoner, to_trial

from sweep.cli.main import main
from sweep.controller import Controller
from sweep.errors import ConfigFault
from sweep.ownership import owned
from sweep.search import postgres
from sweep.search.samplers import plan
from sweep.search.storage import opened_storage
from sweep.search.study import Result, Study
from sweep.track import store
from sweep.trial import Event, State, Trial

pytestmark = pytest.mark.system

FEW = (*(word for word in WORDS[:-1] if not word.startswith(("lora.rank", "seed"))), "lora.rank=2,4,8,16", "-m")
TRIALS = 4
Type = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty store of MLflow's, whose making takes each sweep of a folder of its own some seconds."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "mlruns").mkdir()
    store.open_client(f"sqlite:///{folder}/mlruns/mlflow.db")
    return folder


@pytest.fixture(autouse=True)
def nothing_of_former_tests(server: Server) -> None:
    server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Type:
    """Types a command in a folder, in this process, which saves the seconds of loading torch: exit code and what was said."""

    def type_in(folder: Path, *words: str) -> tuple[int, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["sweep"])  # main leaves its own behind
        capfd.readouterr()
        code = main(list(words))
        return code, "".join(capfd.readouterr())

    return type_in


def kept_in(storage: str, runs: Path) -> tuple[str, str]:
    return f'search.storage="{storage}"', f"tracking.uri=sqlite:///{runs}/mlruns/mlflow.db"


def shown(server: Server) -> str:
    """Its address without the password."""
    return f"postgresql://{USER}:***@127.0.0.1:{server.port}/{DATABASE}"


def study_of(folder: Path) -> Path:
    (study,) = (folder / "multirun").iterdir()
    return study


def assert_secret(folder: Path, said: str) -> None:
    """The password stands in no file, database or artifact below the folder, and was not said."""
    for spelt in (PASSWORD, "s3cret"):
        assert spelt not in said
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert [path for path in files if spelt.encode() in path.read_bytes()] == []


# ---- processes ----------------------------------------------------------------------------------------------------------


def test_a_sweep_holds_its_study_until_it_is_killed_and_its_folder_goes_on(
    server: Server, tmp_path: Path, runs: Path, typed: Type
) -> None:
    """The lock of a folder cannot know about another one; the database does."""
    here, there, words = tmp_path / "here", tmp_path / "there", (*FEW, *kept_in(server.url(), runs))
    here.mkdir()
    there.mkdir()
    process = begin(here, *words)
    while not list(here.glob("multirun/*/[0-9]*/result.json")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)  # it runs, and does not end while others try
    study = study_of(here)
    before = {one["number"]: one["provenance"]["ended"] for one in results(study)}
    assert 1 <= len(before) < TRIALS
    assert server.sql("SELECT number FROM trials WHERE state = 'RUNNING'"), "it was stopped in the middle of a trial"
    for folder in (here, there):
        code, said = typed(folder, *words)
        assert code == 2, said
        assert said == f"sweep: {shown(server)}: another process runs this study, {study.name}; wait for its end, or stop it\n"
    with owned(tmp_path / "another", server.url()):
        pass  # another study in the same database is another study

    process.kill()
    process.communicate()
    code, said = typed(there, *words)
    assert code == 2, said
    assert f"got study {study.name} from " in said
    assert f"{there}/multirun/{study.name}, but it was begun in " in said
    assert f"type output_dir={here}/multirun on " in said
    assert len(said.splitlines()) == 1
    assert_secret(there, said)
    assert list(there.iterdir()) == [], "a refused command writes nothing"

    code, said = typed(here, *words)
    assert code == 0, said
    assert_whole(runs, study, opened_storage(server.url()), TRIALS)
    assert {one["number"]: one["provenance"]["ended"] for one in results(study) if one["number"] in before} == before
    assert server.sql("SELECT count(*), min(number), max(number) FROM trials") == f"{TRIALS}|0|{TRIALS - 1}"
    assert not (study / "study.db").exists()
    assert f'search.storage="{shown(server)}"' in (study / "0000/.hydra/overrides.yaml").read_text()
    for folder in (here, runs):
        assert_secret(folder, said)


def test_a_server_that_stops_costs_nothing_that_was_finished(server: Server, tmp_path: Path, runs: Path, typed: Type) -> None:
    """With the password in the query, as a socket needs it."""
    words = (*FEW, "seed=1", *kept_in(server.socket_url(), runs))
    process = begin(tmp_path, *words)
    wait_for(process, "epoch 1/3")
    server.stop()
    try:
        code, said = end(process)
    finally:
        server.start()
    assert code == 2, said
    assert "stopped answering" in said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    assert_secret(tmp_path, said)
    assert_secret(runs, said)
    code, said = typed(tmp_path, *words)
    assert code == 0, said
    assert_whole(runs, study_of(tmp_path), opened_storage(server.url()), TRIALS)
    assert_secret(tmp_path, said)
    assert_secret(runs, said)


# ---- a lock whose connection is lost ------------------------------------------------------------------------------------


class At:
    """Does something once, when a trial's rung is heard."""

    def __init__(self, trial: str, act: Callable[[], object]) -> None:
        self._trial, self._act = trial, act
        self.done = False

    def opened(self, trial: Trial) -> None: ...

    def refused(self, number: int) -> None: ...

    def heard(self, event: Event) -> None:
        if event.trial.name == self._trial and not self.done:
            self.done = True
            self._act()


def close_all(server: Server) -> None:
    """As a server does that is started again between two trials."""
    closed = server.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name <> 'psql' AND "
                        f"datname = '{DATABASE}'")  # fmt: skip
    assert int(closed) >= 2, "the record's and the lock's"


def sweep(server: Server, root: Path, *listeners: At) -> list[int | None]:
    """A study to its end with Workers that compute; the numbers of trials that ended."""
    with owned(root, server.url()) as claim:
        (root / "study.json").write_text(f'{{"home": "{claim.home.id}"}}')
        study = Study(claim.study, claim.storage, SPACE, plan(SPACE, "grid", None), 0, claim=claim)
        study.settle(lambda number, point, pruned: None)
        Controller(study, [Reckoner(2)], [], to_trial(root), listeners).run()
    assert all(listener.done for listener in listeners)
    return [trial.number for trial in stored(server, root.name) if trial.state.name == "COMPLETE"]


def stored(server: Server, name: str) -> list[FrozenTrial]:
    kept = opened_storage(server.url())
    return kept.get_all_trials(kept.get_study_id_from_name(name))


def test_connections_that_are_closed_while_it_runs_are_made_anew_and_so_is_the_lock(server: Server, tmp_path: Path) -> None:
    def refused() -> None:
        with (
            pytest.raises(ConfigFault, match=r"^postgresql:.*: another process runs this study"),
            owned(tmp_path / "study", server.url()),
        ):
            pass

    ended = sweep(server, tmp_path / "study", At("0002", lambda: close_all(server)), At("0004", refused))
    assert ended == list(range(len(RANKS)))


@pytest.mark.parametrize("stays", [True, False])
def test_a_study_that_another_process_took_in_between_is_left_to_it_and_goes_on_afterwards(
    server: Server, tmp_path: Path, stays: bool
) -> None:
    """Whether the other one still holds it, or has ended: it has asked for the trials that ran here."""
    root, other = tmp_path / "study", postgres.Lock(server.url(), "study")

    def taken() -> None:
        close_all(server)
        if stays:
            assert other.take()
            return
        copy = tmp_path / "copy/study"  # of the folder, on another machine
        copy.mkdir(parents=True)
        (copy / "study.json").write_bytes((root / "study.json").read_bytes())
        with owned(copy, server.url()) as claim:
            Study(claim.study, claim.storage, SPACE, plan(SPACE, "grid", None), 0, claim=claim)

    with pytest.raises(ConfigFault) as caught:
        sweep(server, root, At("0002", taken))
    assert str(caught.value) == (
        f"search.storage: the connection to {shown(server)} was lost, and another process has taken study "
        "study since; what is finished is kept: once that process has ended, the same command goes on from there"
    )
    assert [trial.state.name for trial in stored(server, "study")] == ["COMPLETE", "COMPLETE", "RUNNING", "RUNNING"]
    other.release()
    assert sweep(server, root) == list(range(len(RANKS)))


def test_a_server_that_does_not_come_back_ends_the_study_with_one_message(server: Server, tmp_path: Path) -> None:
    try:
        with pytest.raises(ConfigFault, match=r"stopped answering: .*Connection refused.*the same command goes on from there$"):
            sweep(server, tmp_path / "study", At("0002", server.stop))
    finally:
        server.start()
    assert sweep(server, tmp_path / "study") == list(range(len(RANKS)))


# ---- addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["postgresql://", "postgres://", "postgresql+psycopg://", "a socket", "PGPASSWORD"])
def test_every_way_to_name_a_server(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    ways = {"a socket": server.socket_url(), "PGPASSWORD": server.url(USER)}
    address = ways.get(way) or server.url(scheme=way.removesuffix("://"))
    if way == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with owned(tmp_path / "study", address) as claim:
        study = Study(claim.study, claim.storage, SPACE, plan(SPACE, "grid", None), 0, claim=claim)
        proposal = study.ask()
        assert proposal is not None
        study.tell(proposal.number, Result(State.COMPLETE, (0.5,)))
        assert int(server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 1
    assert server.sql("SELECT number, state FROM trials") == "0|COMPLETE"
    assert server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"


def test_an_idle_connection_is_kept_alive_and_an_address_has_the_last_word() -> None:
    assert postgres.driven("postgres://ann@h/db").query == {"connect_timeout": "10", "keepalives_idle": "60"}
    assert postgres.driven("postgresql://ann@h/db?keepalives_idle=5").query["keepalives_idle"] == "5"
    assert not postgres.driven("postgresql+pg8000://ann@h/db").query, "those of another driver have other names"


@pytest.mark.parametrize(
    ("user", "cause", "expected"),
    [
        (
            f"{USER}:wr0ng%2Fpw",
            'password authentication failed for user "ann"',
            "; expected postgresql://USER@HOST/DATABASE of a",
        ),
        (USER, "no password supplied", "the password in PGPASSWORD, ~/.pgpass or behind USER:"),
        (f"{USER}:wr0ng@also", "got a password with @ in it", "expected %40"),
    ],
)
def test_a_server_that_lets_nobody_in_is_one_message(
    server: Server, tmp_path: Path, typed: Type, user: str, cause: str, expected: str
) -> None:
    assert "PGPASSWORD" not in os.environ
    code, said = typed(tmp_path, "model=tiny", f"search.storage={server.url(user)}")
    assert code == 2, said
    assert "wr0ng" not in said
    assert "also" not in said
    assert said.startswith("sweep: search.storage: postgresql://ann"), said
    assert cause in said
    assert expected in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_run_is_one_message(server: Server, tmp_path: Path, typed: Type) -> None:
    server.stop()
    try:
        code, said = typed(tmp_path, "model=tiny", f"search.storage={server.url()}")
    finally:
        server.start()
    assert code == 2, said
    assert f"search.storage: {shown(server)} does not answer: " in said
    assert "Connection refused" in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_driver_is_named_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Type) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    code, said = typed(tmp_path, "model=tiny", "search.storage=postgresql://ann:s3cret@127.0.0.1/studies")
    assert code == 2, said
    needs = "needs psycopg, which cannot be loaded; type pip install 'psycopg[binary]'"
    assert said == f"sweep: search.storage: postgresql://ann:***@127.0.0.1/studies {needs}\n"
    assert list(tmp_path.iterdir()) == []
