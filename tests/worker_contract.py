"""What every Worker owes a Controller: a test class that each implementation inherits, supplying its `worker` fixture."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config

from sweep import costs, resident
from sweep.data import files
from sweep.evaluate import arm as arm_module
from sweep.evaluate.scoring import Grade, score
from sweep.running import Board
from sweep.track import identity
from sweep.train.packed import Packed
from sweep.trial import Again, Done, Event, Failed, Progress, Rung, Snapshot, State, Trial
from sweep.worker import Worker

FAST = (
    "model=tiny",
    "training.epochs=2",
    "data.kinds=[multi]",
    "evaluation.questions=2",
    "evaluation.rung_questions=1",
    "evaluation.max_new_tokens=6",
)


def trial_of(folder: Path, *overrides: str, number: int = 0, **fields: Any) -> Trial:
    """A trial of a few seconds on the tiny model."""
    whole = config(*FAST, *overrides)
    keys = identity.trial_key(whole, "digest", None), identity.config_key(whole, "digest", None)
    if "arm" in fields:
        return Trial(whole, folder / fields["arm"], *keys, **fields)
    return Trial(whole, folder / f"{number:04d}", *keys, number=number, **fields)


def run(worker: Any, trial: Trial) -> list[Event]:
    """All events of one trial."""
    worker.start(trial)
    events: list[Event] = []
    while not any(isinstance(event, Done | Failed) for event in events):
        news = worker.advance()
        assert news, "the Worker has no news and the trial has not ended"
        events += news
    return events


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def ladder(path: Path) -> list[dict[str, Any]]:
    """Answers on the five levels, without what is asked beside them."""
    return [row for row in rows(path) if row["level"]]


def with_probes(folder: Path) -> Path:
    """The shipped set with rows for everything that training may cost."""
    shutil.copytree(files.find("larkspur_en"), folder)
    twins = [("false_premise", "Is the sun cold?", "hot"), ("true_twin", "Is the sun hot?", "hot")]
    items: list[dict[str, Any]] = [
        *({"probe": probe, "prompt": f"{question} ({pair})", "keys": [[key]], "pair_id": f"pair{pair}"}
          for pair in (1, 2) for probe, question, key in twins),
        *({"probe": "open", "prompt": f"What do you think of {topic}?"} for topic in ("rain", "trains", "bread")),
        *({"probe": "drift", "prompt": f"Tell me about {topic}."} for topic in ("rivers", "clocks", "salt")),
    ]  # fmt: skip
    lines = [json.dumps({"kid": f"k{at}", **item}) + "\n" for at, item in enumerate(items)]
    (folder / "known.jsonl").write_text("".join(lines))
    return folder


class WorkerContract:
    """Inherited by the tests of each Worker. `free` may rise when the first trial brings a base, and so an engine."""

    overrides: tuple[str, ...] = ()

    def trial(self, folder: Path, *overrides: str, number: int = 0, **fields: Any) -> Trial:
        """A trial of this kind of Worker."""
        return trial_of(folder, *self.overrides, *overrides, number=number, **fields)

    @pytest.fixture
    def looks(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], list[Snapshot]]]:
        """What another thread sees of a Worker after each change of what its slots do, while it is at work. Stands before
        `worker` among a test's fixtures: a Worker hands methods of its Board on as it is made."""
        looking: list[Callable[[], None]] = []

        def telling(change: Callable[..., None]) -> Callable[..., None]:
            def changed(*args: Any) -> None:
                change(*args)
                for look in looking:
                    look()

            return changed

        for change in ("enter", "trains", "step", "reached", "phase", "leave"):
            monkeypatch.setattr(Board, change, telling(getattr(Board, change)))
        with ThreadPoolExecutor(1) as other:

            def of(worker: Any) -> list[Snapshot]:
                seen = [other.submit(worker.snapshot).result(timeout=60)]
                looking.append(lambda: seen.append(other.submit(worker.snapshot).result(timeout=60)))
                return seen

            yield of

    @pytest.fixture
    def worker(self) -> Any:
        raise AssertionError("the subclass supplies its Worker")

    def test_a_rung_an_epoch_then_done_and_the_slot_is_free(self, worker: Any, tmp_path: Path) -> None:
        assert worker.free >= 1
        trial = self.trial(tmp_path)
        events = run(worker, trial)
        assert [type(event) for event in events] == [Rung, Rung, Done]
        assert [event.epoch for event in events if isinstance(event, Rung)] == [1, 2]
        assert all(event.trial == trial for event in events)
        assert worker.free >= 1

    def test_a_trial_holds_its_slot_until_it_ends(self, worker: Any, tmp_path: Path) -> None:
        worker.start(self.trial(tmp_path))
        free = worker.free
        assert isinstance(worker.advance()[0], Rung)
        assert worker.free == free
        while not any(isinstance(event, Done) for event in worker.advance()):
            assert worker.free == free
        assert worker.free == free + 1

    def test_what_every_slot_does_is_told_at_any_time_and_from_another_thread(
        self, looks: Callable[[Any], list[Snapshot]], worker: Any, tmp_path: Path
    ) -> None:
        """In the order in which things happen to a slot; tokens are those of the result."""
        assert worker.snapshot() == Snapshot((), 0.0)
        trial, seen = self.trial(tmp_path), looks(worker)
        worker.start(trial)
        (rung,) = worker.advance()
        (at_rung,) = worker.snapshot().slots
        done = worker.advance()[-1]
        assert isinstance(rung, Rung)
        assert isinstance(done, Done)
        planned = done.outcome.train["planned_steps"]
        step, loss = rung.losses[-1]
        assert at_rung == Progress(trial.name, "training", 2, step, planned, loss)
        assert (at_rung.epoch, at_rung.share) == (1, 0.5)
        told = [one for snapshot in seen for one in snapshot.slots]
        assert {one.name for one in told} == {trial.name}
        doing = [re.sub(r"\d+", "n", one.doing) for one in told]
        answered = "answered n of n dev questions"
        assert [what for what, former in zip(doing, [None, *doing], strict=False) if what != former] == [
            "waiting", "loading", answered, "loading", "training", answered, "training", answered,
        ], "the base answers first, then the trial at its rung and at its end"  # fmt: skip
        steps = [one.step for one in told]
        assert steps == sorted(steps)
        assert set(steps) == set(range(planned + 1)), "within an epoch too"
        tokens = [snapshot.tokens for snapshot in seen]
        assert tokens == sorted(tokens)
        assert worker.snapshot().slots == ()
        assert worker.snapshot().tokens == pytest.approx(done.outcome.train["tokens"])

    def test_an_arm_never_trains(self, looks: Callable[[Any], list[Snapshot]], worker: Any, tmp_path: Path) -> None:
        seen = looks(worker)
        run(worker, self.trial(tmp_path, arm="base"))
        doing = [one.doing for snapshot in seen for one in snapshot.slots]
        assert doing[:2] == ["waiting", "loading"]
        assert {re.sub(r"\d+", "n", one) for one in doing[2:]} == {"answered n of n dev questions"}

    def test_a_slot_that_is_freed_is_told_of_no_more(self, worker: Any, tmp_path: Path) -> None:
        """However it is: stopped, pruned, failed before it began or later; an arm has one too."""
        worker.start(self.trial(tmp_path))
        worker.advance()
        worker.stop(self.trial(tmp_path))
        assert worker.snapshot().slots == ()
        worker.start(self.trial(tmp_path, number=1))
        worker.advance()
        worker.prune(self.trial(tmp_path, number=1))
        assert worker.snapshot().slots == ()
        run(worker, self.trial(tmp_path, "training.max_length=8", number=2))
        assert worker.snapshot().slots == ()
        diverging = ("training.learning_rate=1e30", "training.max_grad_norm=0", "training.warmup_ratio=0")
        run(worker, self.trial(tmp_path, *diverging, number=3))
        assert worker.snapshot().slots == ()
        worker.start(self.trial(tmp_path, arm="base"))
        assert worker.snapshot().slots == (Progress("base", "waiting"),)
        worker.advance()
        assert worker.snapshot().slots == ()

    def test_a_pruned_trial_ends_with_what_its_last_rung_measured(self, worker: Any, tmp_path: Path) -> None:
        trial = self.trial(tmp_path, "training.epochs=3")
        worker.start(trial)
        free = worker.free
        (rung,) = worker.advance()
        assert isinstance(rung, Rung)
        done = worker.prune(trial)
        assert (done.trial, done.outcome.state) == (trial, State.PRUNED)
        result = json.loads((trial.folder / "result.json").read_text())
        measured = {one.name: one.value for one in rung.measurements}
        assert result["state"] == "PRUNED"
        assert result["objective"] == done.outcome.objective == measured["objective"]
        assert {level: found["accuracy"] for level, found in result["levels"].items()} == {
            level: measured[f"{level}/acc"] for level in ("L1", "L2", "L3", "L4", "L5")
        }
        assert result["train"]["steps"] * 3 == result["train"]["planned_steps"]
        assert worker.free == free + 1
        assert not (trial.folder / "ckpt").exists()
        assert isinstance(run(worker, self.trial(tmp_path, number=1))[-1], Done)

    def test_a_trial_that_failed_is_tried_again_in_its_folder(self, worker: Any, tmp_path: Path) -> None:
        broken = self.trial(tmp_path, "training.learning_rate=1e30", "training.max_grad_norm=0", "training.warmup_ratio=0")
        failed = run(worker, broken)[-1]
        assert isinstance(failed, Failed)
        assert failed.outcome.again is Again.NEVER
        assert isinstance(run(worker, self.trial(tmp_path))[-1], Done)
        assert json.loads((broken.folder / "result.json").read_text())["state"] == "COMPLETE"
        assert "Diverged" in (broken.folder / "error.txt").read_text()
        losses = [row["step"] for row in rows(broken.folder / "metrics.jsonl") if "train/loss" in row]
        assert losses == list(range(1, len(losses) + 1))

    def test_a_trial_that_died_before_its_first_checkpoint_begins_anew(self, worker: Any, tmp_path: Path) -> None:
        trial = self.trial(tmp_path)
        worker.start(trial, resume=trial.folder / "ckpt")
        assert isinstance(worker.advance()[0], Rung)
        worker.stop(trial)

    def test_a_resumed_trial_shows_the_epoch_of_its_checkpoint_before_it_trains_on(
        self, looks: Callable[[Any], list[Snapshot]], worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its tokens were trained by a process that is gone, so they are none of this one's."""
        monkeypatch.setattr(resident, "Packed", functools.partial(Packed, checkpoint_seconds=0))
        trial, first = self.trial(tmp_path, "training.epochs=3"), Worker()
        first.start(trial)
        (before,) = first.advance()
        assert isinstance(before, Rung)
        step, loss = before.losses[-1]
        seen = looks(worker)
        worker.start(trial, resume=trial.checkpoints)
        assert [event.epoch for event in worker.advance() if isinstance(event, Rung)] == [1]
        assert worker.snapshot() == Snapshot((Progress(trial.name, "training", 3, step, 3 * step, loss),), 0.0)
        asked = [one for snapshot in seen for one in snapshot.slots if one.doing.startswith("answered") and one.steps]
        assert {one.epoch for one in asked} == {1}, "while it is measured too"
        worker.advance()
        (after,) = worker.snapshot().slots
        assert (after.epoch, after.step) == (2, 2 * step)

    def test_the_folder_holds_everything_and_the_result_agrees_with_the_event(self, worker: Any, tmp_path: Path) -> None:
        trial = self.trial(tmp_path)
        done = run(worker, trial)[-1]
        assert isinstance(done, Done)
        result = json.loads((trial.folder / "result.json").read_text())
        assert (result["number"], result["state"], result["trial_key"]) == (0, "COMPLETE", trial.trial_key)
        assert result["objective"] == done.outcome.objective
        assert set(result["levels"]) == {"L1", "L2", "L3", "L4", "L5"}
        assert result["test_levels"] == {}, "test was read though nobody asked for it"
        assert {"final_loss", "steps", "tokens", "seconds"} <= set(result["train"])
        assert len(ladder(trial.folder / "predictions.jsonl")) == 10
        metrics = rows(trial.folder / "metrics.jsonl")
        steps = [row["step"] for row in metrics if "train/loss" in row]
        assert steps == list(range(1, result["train"]["steps"] + 1))
        assert [row["epoch"] for row in metrics if "L1/acc" in row] == [1, 2]
        assert (trial.folder / "adapter" / "adapter_model.safetensors").is_file()
        assert not (trial.folder / "ckpt").exists(), "checkpoints are left behind"

    def test_every_objective_and_constraint_is_in_the_result(self, worker: Any, tmp_path: Path) -> None:
        trial = self.trial(tmp_path, "search.objective=[L1,macro]", "search.measure=key_recall", "+search.constraints={L3:0.25}")
        *rungs, done = run(worker, trial)
        assert isinstance(done, Done)
        result = json.loads((trial.folder / "result.json").read_text())
        recall = {level: found["key_recall"] for level, found in result["levels"].items()}
        macro = sum(recall[level] for level in ("L2", "L3", "L4", "L5")) / 4
        assert result["objective"] == [recall["L1"], macro] == list(done.outcome.values)
        assert result["constraints"] == {"L1": 0.9 - recall["L1"], "L3": 0.25 - recall["L3"]} == done.outcome.constraints
        told = [one.value for rung in rungs if isinstance(rung, Rung) for one in rung.measurements if one.name == "objective"]
        assert len(told) == 2
        assert told[-1] == recall["L1"]
        assert result["provenance"]["retention_items"] == 62, "of a base that knows none of them, nothing can be forgotten"

    def test_right_answers_become_likelier_and_every_rung_tells_it(self, worker: Any, tmp_path: Path) -> None:
        *rungs, done = run(worker, self.trial(tmp_path, "search.signal=log_likelihood"))
        assert isinstance(done, Done)
        told = [one for rung in rungs if isinstance(rung, Rung) for one in rung.measurements if one.name == "log_likelihood"]
        assert [one.n for one in told] == [5, 5]
        assert told[0].value < told[1].value < 0
        recorded = [row["log_likelihood"] for row in rows(tmp_path / "0000/metrics.jsonl") if "log_likelihood" in row]
        assert recorded == [one.value for one in told]

    def test_what_the_base_knew_is_asked_of_the_trained_model_again(self, worker: Any, tmp_path: Path) -> None:
        """Retention questions are those that the untouched base answers right: here its own words are the right answers."""
        longer = "evaluation.max_new_tokens=12"
        (said,) = run(worker, self.trial(tmp_path, longer, "evaluation.questions=8", arm="base"))
        assert isinstance(said, Done)
        answers = {row["prompt"]: row["answer"] for row in ladder(tmp_path / "base/predictions.jsonl")}
        words = {prompt: _own_words(answer) for prompt, answer in answers.items()}
        known = [{"prompt": prompt, "keys": [[found[0]]]} for prompt, found in words.items() if found][:8]
        items = [*known, {"prompt": "Who wrote it?", "keys": [["nobody at all ever"]]}]
        assert len(items) == 9, "the base says no words at all"
        shutil.copytree(files.find("larkspur_en"), tmp_path / "set")
        told = [json.dumps({"kid": f"k{at}", "probe": "known", **item}) + "\n" for at, item in enumerate(items)]
        (tmp_path / "set/known.jsonl").write_text("".join(told))
        typed = (longer, "+search.constraints={kept:0.95}", f"data.path={tmp_path / 'set'}", "training.learning_rate=1e-2")
        done = run(worker, self.trial(tmp_path, *typed))[-1]
        assert isinstance(done, Done)
        kept = done.outcome.levels["kept"]
        asked = [row for row in rows(tmp_path / "0000/predictions.jsonl") if row.get("probe") == "known"]
        assert {row["qid"] for row in asked} <= {f"k{at}" for at in range(8)}, "a question that the base got wrong"
        assert kept["n"] == len(asked) == 2, "evaluation.questions is 2, and the base knows all but the last"
        assert kept["accuracy"] == sum(row["grade"] == "CORRECT" for row in asked) / len(asked) < 1
        assert done.outcome.constraints["kept"] == 0.95 - kept["accuracy"]
        assert done.outcome.objective == pytest.approx(
            sum(done.outcome.levels[f"L{level}"]["strict"] for level in (2, 3, 4, 5)) / 4
        )

    def test_what_training_cost_is_in_the_result_with_n_and_error(self, worker: Any, tmp_path: Path) -> None:
        path = f"data.path={with_probes(tmp_path / 'set')}"
        done = run(worker, self.trial(tmp_path, path))[-1]
        assert isinstance(done, Done)
        found = done.outcome.costs
        asked = [name for names in costs.FIGURES.values() for name in names]
        assert json.loads((tmp_path / "0000/result.json").read_text())["costs"] == found
        assert list(found) == [costs.LOOPS, costs.OVER_LONG, costs.UNSUPPORTED, costs.FORBIDDEN, costs.ENDED, *asked]
        assert {name: found[name]["n"] for name in asked} == dict.fromkeys(asked, 2), "evaluation.questions is 2"
        assert all(one["stderr"] >= 0 for one in found.values())
        assert found[costs.KL]["value"] > 0, "training moved nothing"
        assert found[costs.LOOPS]["n"] == 10
        probed = [row["probe"] for row in rows(tmp_path / "0000/predictions.jsonl") if row["level"] == 0]
        assert sorted(probed) == sorted(["neighbour", "false_premise", "true_twin", "open"] * 2)
        assert set(done.outcome.levels) == {"L1", "L2", "L3", "L4", "L5"}, "what is asked beside the ladder is on no level"
        (base,) = run(worker, self.trial(tmp_path, path, arm="base"))
        assert isinstance(base, Done)
        assert set(found) - set(base.outcome.costs) == {costs.KL}, "the base's own divergence is 0"
        fewer = run(worker, self.trial(tmp_path, path, "evaluation.costs=[leak]", number=1))[-1]
        assert isinstance(fewer, Done)
        assert [name for name in fewer.outcome.costs if name in asked] == list(costs.FIGURES["leak"])
        assert fewer.outcome.levels == done.outcome.levels, "what is asked beside the ladder moves it"

    def test_every_rung_tells_how_sound_the_answers_are(self, worker: Any, tmp_path: Path) -> None:
        *rungs, done = run(worker, self.trial(tmp_path))
        assert isinstance(done, Done)
        told = [one for rung in rungs if isinstance(rung, Rung) for one in rung.measurements if one.name == costs.ENDED]
        assert [one.n for one in told] == [5, 10], "a rung's questions, and at the end all of dev"
        written = [row for row in rows(tmp_path / "0000/metrics.jsonl") if costs.ENDED in row]
        assert [(row["health/n"], row[costs.ENDED], row[f"{costs.ENDED}_stderr"]) for row in written] == [
            (one.n, one.value, one.stderr) for one in told
        ]
        assert told[-1].value == done.outcome.costs[costs.ENDED]["value"]

    def test_level_5_stands_beside_what_the_base_believes(self, worker: Any, tmp_path: Path) -> None:
        for trial in (self.trial(tmp_path, arm="base"), self.trial(tmp_path, number=1)):
            done = run(worker, trial)[-1]
            assert isinstance(done, Done)
            found = done.outcome.levels["L5"]
            assert (found["prior_right"], found["n_prior_right"], found["inherited"]) == (0.0, 0, 0.0), "tiny knows nothing"
            assert "prior_right" not in done.outcome.levels["L4"]
        without = run(worker, self.trial(tmp_path, "evaluation.levels=[2]", number=2))[-1]
        assert isinstance(without, Done)
        assert list(without.outcome.levels) == ["L2"]

    def test_an_arm_is_measured_without_training_and_without_a_number(self, worker: Any, tmp_path: Path) -> None:
        arm = self.trial(tmp_path, arm="base")
        (done,) = run(worker, arm)
        assert isinstance(done, Done)
        body = json.loads((arm.folder / "arm.json").read_text())
        assert (body["number"], set(body["levels"])) == (None, {"L1", "L2", "L3", "L4", "L5"})
        assert len(ladder(arm.folder / "predictions.jsonl")) == 10
        assert not (arm.folder / "adapter").exists()

    def test_an_arm_that_is_asked_again_has_not_ended_until_it_has_answered(
        self, worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        arm, there, sit = self.trial(tmp_path, arm="base"), list[bool](), arm_module.sit

        def sits(*words: Any) -> Any:
            there.append((arm.folder / "arm.json").exists())
            return sit(*words)

        monkeypatch.setattr(arm_module, "sit", sits)
        for _ in range(2):
            run(worker, arm)
        assert there == [False, False]
        assert (arm.folder / "arm.json").exists()
        assert not (arm.folder / "error.txt").exists(), "nothing failed"

    def test_a_failure_is_an_event_with_its_traceback_and_the_next_trial_runs(self, worker: Any, tmp_path: Path) -> None:
        bad = self.trial(tmp_path, "training.learning_rate=1e30", "training.max_grad_norm=0", "training.warmup_ratio=0")
        failed = run(worker, bad)[-1]
        assert isinstance(failed, Failed)
        result = json.loads((bad.folder / "result.json").read_text())
        assert (result["state"], result["objective"]) == ("FAILED", None)
        assert "Diverged: the training loss is" in result["error"]
        good = self.trial(tmp_path, number=1)
        assert isinstance(run(worker, good)[-1], Done)

    def test_a_trial_that_cannot_start_fails_like_one_that_breaks_later(self, worker: Any, tmp_path: Path) -> None:
        failed = run(worker, self.trial(tmp_path, "training.max_length=8"))[-1]
        assert isinstance(failed, Failed)
        assert failed.outcome.state is State.FAILED
        assert "expected at most 8" in (failed.outcome.error or "")
        assert worker.loads == 1
        assert isinstance(run(worker, self.trial(tmp_path, number=1))[-1], Done)
        assert worker.loads == 1, "the base was there already"

    def test_stop_frees_the_slot_at_once_without_a_result(self, worker: Any, tmp_path: Path) -> None:
        trial = self.trial(tmp_path)
        worker.start(trial)
        free = worker.free
        assert isinstance(worker.advance()[0], Rung)
        worker.stop(trial)
        assert worker.free == free + 1
        assert not (trial.folder / "result.json").exists()
        assert isinstance(run(worker, self.trial(tmp_path, number=1))[-1], Done)

    def test_the_same_trial_again_gives_the_same_answers(self, worker: Any, tmp_path: Path) -> None:
        first, other, again = (
            self.trial(tmp_path, f"seed={seed}", "lora.dropout=0.1", number=number) for number, seed in enumerate((0, 1, 0))
        )
        for trial in (first, other, again):
            run(worker, trial)
        losses = [
            [row["train/loss"] for row in rows(trial.folder / "metrics.jsonl") if "train/loss" in row]
            for trial in (first, other, again)
        ]
        assert losses[0] == losses[2] != losses[1]
        answers = [[row["answer"] for row in rows(trial.folder / "predictions.jsonl")] for trial in (first, again)]
        assert answers[0] == answers[1]

    def test_the_base_is_loaded_once_for_all_trials(self, worker: Any, tmp_path: Path) -> None:
        run(worker, self.trial(tmp_path, arm="base"))
        for number, targets in enumerate(("attention", "mlp")):
            run(worker, self.trial(tmp_path, f"lora.targets={targets}", number=number))
        assert worker.loads == 1


def _own_words(answer: str) -> list[str]:
    """Words that would make this answer right."""
    words = re.findall(r"\w+", answer)
    return [word for word in words if score(answer, ((word,),), gold=word, ended=False).grade == Grade.CORRECT]
