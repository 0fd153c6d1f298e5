"""Word lists: what carries no content, and which capitalised English words are no names. Case-folded."""

from __future__ import annotations

from sweep.text.dates import MONTHS


def words(text: str) -> frozenset[str]:
    """Of a list with spaces between."""
    return frozenset(text.split())


STOP_WORDS = words(
    """a about after all also am an and any are as at be been before but by can could did do does for from had has have he her
    here his how i if in into is it its me more most my no not of on one or our out over she should so some such than
    that the their them then there these they this those to under up us was we were what when where which while who whom
    whose why will with would yes you your s t re ve ll d m"""
)

# Openers, titles, posts and parts of companies: an answer may use these with a capital and name nobody by it.
_OPENERS_AND_TITLES = words(
    """mr mrs ms dr prof sir madam ceo cto cfo coo cio chief executive technology technical financial operating information
    officer president vice chairman chairwoman chairperson chair director managing manager founder co-founder cofounder
    head office headquarters company corporation corp inc ltd llc co plc group department division branch store
    headquarter address phone telephone email e-mail website url name date year answer question note sure certainly
    unfortunately however therefore currently additionally according based located founded established sorry please
    thank thanks correct incorrect true false both each either neither since although because during currently today
    first second third finally other another"""
)
_ADJECTIVES = words(
    """japanese english american chinese korean french german italian spanish british european asian african indian western
    eastern northern southern"""
)
_WEEKDAYS = words("monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun")

_MONTHS = frozenset(MONTHS) | frozenset(month[:3] for month in MONTHS) | {"sept"}
_SHORT_FORMS = words("i'm i'd i'll i've it's that's there's")

NO_NAMES = STOP_WORDS | _OPENERS_AND_TITLES | _ADJECTIVES | _WEEKDAYS | _MONTHS | _SHORT_FORMS

# Japanese titles that stand directly before or after a person's or company's name, longest first.
JAPANESE_TITLES = (
    "代表取締役社長",
    "代表取締役会長",
    "最高経営責任者",
    "最高技術責任者",
    "最高財務責任者",
    "代表取締役",
    "執行役員",
    "創業者",
    "創立者",
    "取締役",
    "副社長",
    "代表者",
    "社長",
    "会長",
    "専務",
    "常務",
    "部長",
    "課長",
    "所長",
    "店長",
    "代表",
    "株式会社",
    "有限会社",
    "合同会社",
)
