"""The picture of a study's report in the README: the decision, the table of arms and the ladder, as Debian's Chromium shows them.

    python -m bench.picture STUDY docs/report.png

STUDY is a study's folder, as its command left it. `make test-system` installs the browser.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.chromium import opened

from sweep.report import page as report

WIDTH = 1200  # px
HIDDEN = (  # what stands between these on the page
    "section:not(#decision, #levels, #plots)", "#decision > :not(h2, .lead, :has(#ways))",
    "#levels > :not(h2, p, :has(#levels-table))", "#plots > :not(#plot-ladder)",
)  # fmt: skip


def main() -> int:
    """Write the report and its picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("picture", type=Path)
    args = parser.parse_args()
    address = report.write(args.study).resolve().as_uri()
    with opened(WIDTH, 600) as page:
        page.goto(address)
        page.add_style_tag(content=f"{', '.join(HIDDEN)} {{ display: none; }}")
        page.screenshot(path=args.picture, full_page=True)
    print(f"{args.picture}: {args.picture.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
