"""The scorer under the name users import: `from sweep.evaluate.scoring import score`. It lives in `sweep.text`, since the data
validator, two floors down, needs it too."""

from sweep.text.score import Grade, Score, score

__all__ = ["Grade", "Score", "score"]
