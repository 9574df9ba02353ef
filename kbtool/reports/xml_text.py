"""Text of strangers inside XML."""

from __future__ import annotations

import re

from kbtool.reports.text import visible

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return text on one line, without what XML cannot hold: `ElementTree` would write it all the same."""
    return _NOT_XML.sub("\ufffd", visible(text, None))
