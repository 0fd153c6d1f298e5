"""The plots as shapes: what stands where, and when there is none."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from tests.report.studies import Written, questions

from sweep.report import boxes, comparison, contents, drawing, outline, plots, spaces
from sweep.report.drawing import Box, Dot, Frame, Plot, Stroke, Words, shortened, ticks

FREE = "search.constraints=null"


def texts(plot: Plot) -> list[str]:
    return [mark.text for mark in plot.marks if isinstance(mark, Words)]


def assert_inside(plot: Plot) -> None:
    """Every place is a number within the figure."""
    for mark in plot.marks:
        points = mark.points if isinstance(mark, Stroke) else [(mark.x, mark.y)]
        for x, y in points:
            assert math.isfinite(x)
            assert math.isfinite(y)
            assert -1 <= x <= plot.width + 1, (plot.id, mark)
            assert -1 <= y <= plot.height + 1, (plot.id, mark)


def test_the_ladder_has_bands_and_an_error_bar_for_every_point(sample: Path) -> None:
    plot = plots.ladder(comparison.searched(contents.read(sample)))
    assert plot is not None
    assert_inside(plot)
    boxes = [mark for mark in plot.marks if isinstance(mark, Box)]
    assert [box.css for box in boxes].count("floor") == [box.css for box in boxes].count("ceiling") == 3
    dots = [mark for mark in plot.marks if isinstance(mark, Dot)]
    bars = [mark for mark in plot.marks if isinstance(mark, Stroke) and mark.css.startswith("error")]
    assert len(dots) == 3 * 6
    assert len(bars) == 3 * len(dots), "a bar and its two ends"
    assert {"L1 (n=20)", "L2 (n=21)", "L4 (n=10)"} <= set(texts(plot))
    assert "ceiling: the fact in the prompt" in dict(plot.legend).values()
    assert any("[" in dot.title and "separate facts" in dot.title for dot in dots)


def test_curves_have_the_best_in_colour_and_others_behind(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), (FREE,))
    for number in range(9):
        written.trial(number, {"lora.rank": number + 1}, number / 10)
    found = contents.read(written.root)
    for plot in (plots.losses(found), plots.epochs(found)):
        assert plot is not None
        assert_inside(plot)
        css = [mark.css for mark in plot.marks if isinstance(mark, Stroke)]
        assert css.count("behind") == 3
        assert sum(one.startswith("line s") for one in css) == 6
        assert plot.legend[-1] == ("behind", "3 others")


def test_a_long_curve_is_averaged(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), (FREE,))
    written.trial(0, {}, 0.5)
    rows = [{"step": step, "epoch": 1, "train/loss": step % 2} for step in range(1, 1001)]
    (written.root / "0000" / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plot = plots.losses(contents.read(written.root))
    assert plot is not None
    (curve,) = [mark for mark in plot.marks if isinstance(mark, Stroke) and mark.css.startswith("line")]
    assert 100 <= len(curve.points) <= plots.POINTS
    heights = [y for _, y in curve.points[:-1]]  # the last bin is one step
    assert max(heights) - min(heights) < 60, "bins hold means"


def test_without_an_epochs_figures_there_is_no_such_plot(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), (FREE,))
    written.trial(0, {}, 0.5)
    (written.root / "0000" / "metrics.jsonl").unlink()
    found = contents.read(written.root)
    assert plots.losses(found) is None
    assert plots.epochs(found) is None


def test_two_axes_are_a_heat_map_and_more_are_parallel(sample: Path, tmp_path: Path) -> None:
    found = contents.read(sample)
    heat = spaces.heat_map(found)
    assert heat is not None
    assert_inside(heat)
    assert spaces.parallel(found) is None
    tiles = [mark for mark in heat.marks if isinstance(mark, Box)]
    strengths = sorted(tile.strength for tile in tiles)
    assert len(tiles) == 4
    assert strengths[0] == pytest.approx(0.08)
    assert strengths[-1] == pytest.approx(0.95)

    written = Written(tmp_path / "many", questions(4), (FREE,))
    for number in range(8):
        rate = 1e-4 * (number + 1)
        params = {"lora.targets": ["mlp", "all"][number % 2], "lora.rank": 2**number, "training.learning_rate": rate}
        written.trial(number, params, 0.5)
    found = contents.read(written.root)
    plot = spaces.parallel(found)
    assert spaces.heat_map(found) is None
    assert plot is not None
    assert_inside(plot)
    lines = [mark for mark in plot.marks if isinstance(mark, Stroke) and mark.css.startswith("trial")]
    assert len(lines) == 8
    assert {len(line.points) for line in lines} == {4}, "three axes and the objective"
    assert lines[-1].css == "trial best"
    ranks = sorted(line.points[1][1] for line in lines)
    gaps = [after - before for before, after in itertools.pairwise(ranks)]
    assert max(gaps) == pytest.approx(min(gaps)), "powers of two stand evenly"


def test_axes_that_exist_for_some_trials_only_are_left_out_of_their_lines(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), (FREE,))
    for number in range(4):
        params = {"lora.rank": number + 1, "lora.dropout": number / 10, "training.epochs": number % 2 + 1}
        written.trial(number, params if number else {"lora.rank": 1, "training.epochs": 1}, 0.5)
    plot = spaces.parallel(contents.read(written.root))
    assert plot is not None
    lengths = sorted(len(mark.points) for mark in plot.marks if isinstance(mark, Stroke) and mark.css.startswith("trial"))
    assert lengths == [3, 4, 4, 4]


def test_every_axis_has_a_box_for_each_value_or_range_of_values(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), (FREE,))
    for number in range(12):
        params = {"lora.targets": "mlp" if number in (0, *range(4, 12)) else "all", "lora.rank": number + 1}
        written.trial(number, params | ({"lora.dropout": number / 10} if number in (1, 2) else {}), number / 20)
    plot = boxes.by_value(contents.read(written.root))
    assert plot is not None
    assert_inside(plot)
    assert {"mlp (n=9)", "all (n=3)", "1 to 3 (n=3)", "10 to 12 (n=3)", "0.2 (n=1)"} <= set(texts(plot))
    (box,) = [mark for mark in plot.marks if isinstance(mark, Box)]
    assert sum(isinstance(mark, Dot) for mark in plot.marks) == 3 + 12 + 2
    values = [value for params, value in spaces.trial_points(contents.read(written.root)) if params["lora.targets"] == "mlp"]
    quarters = np.percentile(values, [0, 25, 50, 75, 100])
    assert len(set(quarters)) > 3
    assert box.title == f"lora.targets=mlp: {', '.join(f'{one:.3f}' for one in quarters)}, n=9"
    across = [x for mark in plot.marks if isinstance(mark, Stroke) and mark.title == box.title for x, _ in mark.points]
    assert (min(across), max(across)) == (230, 720 - 24), "the axis is as long as the values need"
    scale = Frame(quarters[0], quarters[4], 0, 1, left=230, right=24)
    assert [box.x, box.x + box.width] == pytest.approx([scale.x(quarters[1]), scale.x(quarters[3])])


def test_an_axis_of_many_words_has_no_boxes_and_the_page_says_so(tmp_path: Path) -> None:
    said = "No box is drawn for lora.targets: it has more than 8 values, not all of them numbers."
    written = Written(tmp_path / "study", questions(4), (FREE,))
    for number in range(10):
        written.trial(number, {"lora.targets": f"layer {number % 9}", "lora.dropout": 0.1 * (number == 9)}, number / 20)
    plot = boxes.by_value(contents.read(written.root))
    assert plot is not None
    assert not any("layer" in text for text in texts(plot))
    assert said in outline.of(contents.read(written.root)).unplotted

    several = Written(tmp_path / "numbers", questions(4), (FREE,))
    for number in range(10):
        several.trial(number, {"lora.rank": number + 1, "lora.dropout": 0.1 * (number % 2)}, number / 20)
    assert not [line for line in outline.of(contents.read(several.root)).unplotted if "No box" in line]


def test_few_trials_have_no_boxes(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), (FREE,))
    for number in range(4):
        written.trial(number, {"lora.rank": 1, "lora.targets": "mlp"}, 0.5)
    assert boxes.by_value(contents.read(written.root)) is None


def test_importance_is_drawn_where_it_was_recorded(sample: Path) -> None:
    assert spaces.importance(contents.read(sample)) is None
    (sample / "importance.json").write_text(json.dumps({"lora.rank": 0.25, "lora.targets": 0.75}))
    plot = spaces.importance(contents.read(sample))
    assert plot is not None
    assert_inside(plot)
    wide = [mark.width for mark in plot.marks if isinstance(mark, Box)]
    assert wide[0] == pytest.approx(3 * wide[1])
    assert texts(plot)[:2] == ["lora.targets", "0.75"]


def test_ticks_are_round_and_within() -> None:
    assert [text for _, text in ticks(0, 1)] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert [text for _, text in ticks(1, 4, 8, whole=True)] == ["1", "2", "3", "4"]
    assert all(0.013 <= value <= 0.094 for value, _ in ticks(0.013, 0.094))


def test_words_are_cut_to_their_room_and_wide_letters_count_twice() -> None:
    assert shortened("abc", 21) == "abc"
    assert shortened("abcdef", 28) == "abc…"
    assert len(shortened("本社はどこですか", 8 * drawing.SIDE)) < len(shortened("abcdefghij", 8 * drawing.SIDE))


def test_a_frame_puts_values_where_they_belong() -> None:
    frame = Frame(0, 10, 0, 1)
    assert frame.x(0) == frame.left
    assert frame.x(10) == frame.width - frame.right
    assert frame.y(0) == frame.height - frame.bottom
    assert frame.y(1) == frame.top
