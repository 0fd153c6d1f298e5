"""What a base cannot be measured with: the page of a certificate."""

from __future__ import annotations

from collections.abc import Sequence

from sweep.report.rows import markdown
from sweep.track.certificate import CEILING, FLOOR, LEAST_CEILING, MOST_FLOOR, Certificate, Mark


def page(certificate: Certificate) -> str:
    """Levels, and how far the answer hangs on the wording, in Markdown."""
    about, asked = certificate.about, len(certificate.wordings["alone"])
    kind = "" if about["quantization"] == "none" else f"{about['quantization']}, "
    weights = f"{about['source']} (revision `{about['revision']}`, {kind}{about['precision']}, {about['device']})"
    made = f"data digest `{about['digest'][:12]}`, commit `{_commit(about['commit'], about['dirty'])}`, {about['date'][:10]}"
    most, least = (f"{100 * limit:.0f} %" for limit in (MOST_FLOOR, LEAST_CEILING))
    lines = [
        f"# Which questions of `{about['data']}` {about['model']} can be measured with",
        "",
        f"Written by `python -m sweep.certify`: {weights}, {made}.",
        f"Wordings of each question: {asked} alone and {asked} with its facts in the prompt, answered greedily with up to "
        f"{about['max_new_tokens']} tokens.",
        "",
        f"A question is flagged where the untouched base answers more than {most} of the wordings alone (floor), or fewer than "
        f"{least} of those with its facts (ceiling). It stays in the set: tables stand with and without it.",
        "",
        markdown(_levels(list(certificate.marks.values()))),
        "Accuracy of each wording:",
        "",
        markdown(_wordings(certificate)),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _levels(marks: Sequence[Mark]) -> list[list[str]]:
    head = ["level", "questions", "mean floor", "mean ceiling", "flagged: floor", "flagged: ceiling", "certified"]
    levels = sorted({mark.level for mark in marks})
    named = [(f"L{level}", [mark for mark in marks if mark.level == level]) for level in levels]
    return [head, *([name, *_figures(of)] for name, of in [*named, ("all", list(marks))])]


def _figures(marks: Sequence[Mark]) -> list[str]:
    n = len(marks)
    floor, ceiling = sum(mark.floor for mark in marks) / n, sum(mark.ceiling for mark in marks) / n
    flagged = [sum(why in mark.flags for mark in marks) for why in (FLOOR, CEILING)]
    sound = sum(not mark.flags for mark in marks)
    return [str(n), f"{floor:.2f}", f"{ceiling:.2f}", *map(str, flagged), f"{sound} ({100 * sound / n:.0f} %)"]


def _wordings(certificate: Certificate) -> list[list[str]]:
    lines = [["facts in the prompt", "wording", "accuracy"]]
    for way, said in (("alone", "no"), ("told", "yes")):
        for at, text in enumerate(certificate.wordings[way]):
            right = sum(getattr(mark, way)[at] == "1" for mark in certificate.marks.values())
            lines.append([said, f"`{text.replace(chr(10), ' ⏎ ')}`", f"{right / len(certificate.marks):.2f}"])
    return lines


def _commit(commit: str | None, dirty: bool | None) -> str:
    return f"{(commit or 'unknown')[:7]}{', with changes' if dirty else ''}"
