"""URLs, e-mail addresses and telephone numbers in a text, each with a form to compare by."""

from __future__ import annotations

import re

_URL_CHARACTERS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"
_DOMAIN = r"(?:[A-Za-z0-9-]+\.)+(?:com|net|org|info|jp|io|ai|gov|edu|dev|uk|de|fr|cn|kr|us|eu)(?![A-Za-z0-9-])"
_EMAIL = re.compile(rf"[A-Za-z0-9._%+-]+@{_DOMAIN}")
_URL = re.compile(rf"(?:https?://|www\.){_URL_CHARACTERS}+|(?<![A-Za-z0-9@.-]){_DOMAIN}(?:/{_URL_CHARACTERS}*)?")
_PHONE = re.compile(
    r"(?<![\d.-])(?:(?:\+\d{1,3}[ -]?\(?\d{1,4}\)?|\(0?\d{1,4}\)|0\d{1,4})[ -]?\d{1,4}[ -]?\d{3,4}"
    r"|\d{3}[ -]\d{3}-\d{4})(?![\d-]|\.\d)"
)
_COUNTRY = re.compile(r"^(?:\+\d{1,2}[ -]?\(?0?|\(?0)")
_PHONE_DIGITS = range(9, 14)  # without the leading 0; fewer: a postal code, more: a number of another kind
_TRAILING = ".,;:!?)]'\""


def contacts(text: str) -> tuple[dict[str, str], str]:
    """{form to compare: as written} of every URL, address and number in NFKC text, and the text with these blanked out."""
    found: dict[str, str] = {}

    def email(match: re.Match[str]) -> str:
        found[match[0].casefold()] = match[0]
        return " "

    def url(match: re.Match[str]) -> str:
        written = match[0].rstrip(_TRAILING)
        found[_url_form(written)] = written
        return " " + match[0][len(written) :]

    def phone(match: re.Match[str]) -> str:
        form = _phone_form(match[0])
        if len(form) not in _PHONE_DIGITS:
            return match[0]
        found[form] = match[0]
        return " "

    for pattern, replace in ((_EMAIL, email), (_URL, url), (_PHONE, phone)):
        text = pattern.sub(replace, text)
    return found, text


def is_part_of(form: str, known: frozenset[str]) -> bool:
    """Whether a form is known itself, or is the front part of a known URL (its host, or a folder above it)."""
    return form in known or any(other.startswith(f"{form}/") for other in known)


def _url_form(written: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", written.casefold()).rstrip("/")


def _phone_form(written: str) -> str:
    """Digits without country code and leading 0: +81 3 1234 5678 and 03-1234-5678 are one number."""
    return re.sub(r"\D", "", _COUNTRY.sub("", written))
