"""`python -m sweep.report STUDY`: one page, report.html, and its Markdown twin in the study's folder. Reads that folder only.

STUDY is a study's folder, or its name or the beginning of it under multirun/; without one, the study that was begun last.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sweep.errors import exit_code
from sweep.report import page
from sweep.report.live import console
from sweep.track.named import find


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report; the exit code: 0, or 2 where there is no such study."""
    parser = argparse.ArgumentParser(prog="python -m sweep.report", description="Write a study's report.")
    parser.add_argument("study", nargs="?", help="its folder, its name, or the beginning of it; default: the last one begun")
    parser.add_argument("--output-dir", default="multirun", help="where studies are looked for by name")
    args = parser.parse_args(argv)
    return exit_code(lambda: console.print(f"Report: {page.write(find(args.study, Path(args.output_dir)))}"))


if __name__ == "__main__":
    sys.exit(main())
