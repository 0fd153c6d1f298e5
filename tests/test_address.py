"""No password of an address is shown, however it is typed."""

from __future__ import annotations

import pytest

from sweep.address import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:s3cret@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("search.storage=postgres://me:s3/cr:et@host/db", "search.storage=postgres://me:***@host/db"),
        ("postgresql://me:s3@cret@host/db does not answer", "postgresql://me:***@host/db does not answer"),
        ("postgresql://:s3cret@host/db", "postgresql://:***@host/db"),
        ("postgresql:///db?user=me&password=s3cret&host=/run", "postgresql:///db?user=me&password=***&host=/run"),
        ("mysql+pymysql:///db?passwd=s3cret&x=1", "mysql+pymysql:///db?passwd=***&x=1"),
        ("'postgresql:///db?PASSWORD=s3cret'", "'postgresql:///db?PASSWORD=***'"),
        ("postgresql://me:***@h/db: expected USER@HOST", "postgresql://me:***@h/db: expected USER@HOST"),
        ("one postgresql://me:s3cret@a/x\ntwo me@b", "one postgresql://me:***@a/x\ntwo me@b"),
    ],
)
def test_a_password_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", ["sqlite:////a/b.db", "postgresql://me@host:5432/db", "http://host:5000", "journal:a@b", ""])
def test_what_holds_no_password_stays(text: str) -> None:
    assert masked(text) == text
