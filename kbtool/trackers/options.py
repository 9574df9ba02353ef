"""The options that several trackers have: who asks, and which statuses count as closed."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from typing import Literal

from kbtool.tickets import TrackerAuthError

State = Literal["open", "closed"]


def folded(names: Iterable[str]) -> frozenset[str]:
    """Return names of statuses so that capitals, and spaces around them, make no difference."""
    return frozenset(name.strip().casefold() for name in names)


def listed(name: str, closed: Iterable[str], still_open: Iterable[str]) -> State | None:
    """Return the state that the options `closed_states` and `open_states` give to a status; None where neither names it."""
    if name.strip().casefold() in folded(closed):
        return "closed"
    return "open" if name.strip().casefold() in folded(still_open) else None


def refuse_both(closed: Iterable[str], still_open: Iterable[str]) -> None:
    """Raise ValueError where a status is in `closed_states` and in `open_states`."""
    for name in sorted(folded(closed) & folded(still_open)):
        raise ValueError(f"closed_states and open_states both have {name!r}; leave it in one of them")


def signed(user_env: str, token: str, between: str = ":") -> dict[str, str]:
    """Return the header that signs requests: for the user whom an environment variable names, or by the token alone.

    Args:
        user_env: the name of the variable; "" sends the token as a bearer.
        token: "" signs nothing.
        between: what stands between user and token.

    Raises:
        TrackerAuthError: the variable is not set, or holds what no user name has.
    """
    if not token:
        return {}
    if not user_env:
        return {"Authorization": f"Bearer {token}"}
    user = os.environ.get(user_env, "").strip()
    if not user:
        raise TrackerAuthError(f"the environment variable {user_env} is not set")
    if ":" in user or not user.isprintable():
        raise TrackerAuthError(f"the environment variable {user_env} holds characters that no user name has")
    return {"Authorization": "Basic " + base64.b64encode(f"{user}{between}{token}".encode()).decode()}
