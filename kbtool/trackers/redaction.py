"""Keeps a token out of what a server echoes and out of what libraries log, in the forms in which it travels."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "***"
_SHORTEST = 8  #: characters of a secret; anything shorter is in many a word
_LOGGERS = ("httpx2", *(f"httpcore2.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))


class Redaction(logging.Filter):
    """Replaces secrets in texts, and, between `install` and `remove`, in what the libraries for HTTP log."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the secrets out of a record; every record passes."""
        record.msg, record.args = self.text(record.getMessage()), ()
        return True

    def install(self) -> None:
        """Begin to filter what is logged; a filter holds for its logger alone, so each of them gets it."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        """End that."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)


def _forms(secret: str) -> Iterable[str]:
    percent = quote(secret, safe="")
    for form in (secret, percent, re.sub("%..", lambda found: found[0].lower(), percent), *_base64(secret)):
        yield form
        yield form.replace("/", "\\/")  # as some servers write JSON


def _base64(secret: str) -> Iterable[str]:
    """Yield what base64 makes of a secret wherever it stands in a longer text: the characters that depend on nothing else."""
    data = secret.encode()
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        form = base64.b64encode(bytes(before) + data).decode()[cut : (before + len(data)) * 8 // 6]
        yield form
        yield form.translate(str.maketrans("+/", "-_"))
