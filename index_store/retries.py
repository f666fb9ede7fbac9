"""When to ask a server again that failed, and how long to wait first. Calls nothing; imports the openai client."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import httpx
import openai

LONGEST_WAIT_S = 60.0
"""The longest wait between two tries, in seconds; a server that asks for more has failed for now."""


def wait_before_retry(
    failure: BaseException, attempt: int, first_wait_s: float, may_pass: Callable[[BaseException], bool] | None = None
) -> float | None:
    """Give the seconds to wait after failure number `attempt` (from 0), None when another try would not help.

    `may_pass` tells of a failure whether it would; without it, that of an embedding server is meant. What the server
    asks for with Retry-After is honoured; else exponential back-off with equal jitter (Brooker, "Exponential Backoff
    And Jitter", AWS Architecture Blog, 2015).
    """
    if not (may_pass or _may_pass)(failure):
        return None
    asked = retry_after(failure.response.headers) if isinstance(failure, openai.APIStatusError) else None
    if asked is not None:
        return asked
    jitter = random.uniform(0.5, 1.0)  # nosec B311 - no secret
    return jitter * min(first_wait_s * 2.0**attempt, LONGEST_WAIT_S)


def _may_pass(failure: BaseException) -> bool:
    match failure:
        case openai.APIStatusError():
            lasting = failure.code == "insufficient_quota" or failure.status_code in (501, 505)
            return not lasting and (failure.status_code in (408, 425, 429) or failure.status_code >= 500)
        case openai.APITimeoutError():
            return False  # the user has waited that long once
        case openai.APIConnectionError():
            return not isinstance(failure.__cause__, httpx.UnsupportedProtocol)
        case _:
            return isinstance(failure, httpx.ReadError | httpx.RemoteProtocolError)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `retry-after-ms`, or Retry-After in seconds or as a date (RFC 9110, section 10.2.3); None: neither."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        return seconds if 0 <= seconds < math.inf else None
    try:
        asked_until: float = parsedate_to_datetime(headers.get("retry-after", "")).timestamp()
    except ValueError:
        return None
    return max(0.0, asked_until - time.time())
