"""The API is asked whatever its description lets it be asked, and what not: no fault, each answer as described."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.api_server import Served, people, served_api
from tests.test_api_access import NEEDS

load_all_checks()
CONFORM = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "unsupported_method",
    )
]
WITHOUT_RIGHT = {("POST", "/api/library")}
"""Asked by who may not: what may be given there are addresses, and tests fetch none."""
FEW, MANY = 12, 400


@pytest.fixture(scope="module")
def served(api_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home of its own, for whatever is asked there."""
    home = tmp_path_factory.mktemp("schema") / "home"
    shutil.copytree(api_home, home)
    with served_api(home, people()) as found:
        yield found


@pytest.fixture(scope="module")
def described(served: Served) -> Any:
    return schemathesis.openapi.from_dict(served.api.description())


def ask_all(described: Any, served: Served, route: tuple[str, str], mode: GenerationMode, examples: int) -> int:
    """Ask at one address what is described (or, in the negative mode, what is not); give how often."""
    method, path = route
    headers = {"authorization": "Bearer ann" if route in WITHOUT_RIGHT else "Bearer root"}
    asked = 0

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(base_url=served.address, headers=headers, checks=CONFORM, timeout=30)

    check()
    return asked


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda m: m.value)
@pytest.mark.parametrize("route", NEEDS, ids=" ".join)
def test_each_answer_is_as_described(described: Any, served: Served, route: Any, mode: GenerationMode) -> None:
    assert ask_all(described, served, route, mode, FEW)


@pytest.mark.faults
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda m: m.value)
@pytest.mark.parametrize("route", NEEDS, ids=" ".join)
def test_each_of_many_answers_is_as_described(described: Any, served: Served, route: Any, mode: GenerationMode) -> None:
    assert ask_all(described, served, route, mode, MANY)
