"""Programs that tests need beside the packages: a missing one is said in a line, and CI does not go on without it."""

from __future__ import annotations

import pytest

from tests.needs import PROGRAMS, need


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_missing_program_is_a_skip_in_one_line_and_a_failure_where_ci_is_set(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    told = PROGRAMS[program][1]
    monkeypatch.setitem(PROGRAMS, program, (lambda: None, told))
    for environment in ({}, {"CI": "0"}, {"CI": "false"}):
        with pytest.raises(pytest.skip.Exception) as skipped:
            need(program, environment)
        assert str(skipped.value) == told and "\n" not in told
    for environment in ({"CI": "true"}, {"CI": "1"}):
        with pytest.raises(pytest.fail.Exception, match="no "):
            need(program, environment)
