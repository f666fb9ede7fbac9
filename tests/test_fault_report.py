"""The page of the injected faults says of each what held, and counts."""

from __future__ import annotations

from tests.faults.report import Row, page


def test_the_page_tells_what_held_what_did_not_and_what_was_not_run() -> None:
    rows = [
        Row("Hangs", "The model", "an error | in words", "passed", answer_s=2.04, recovery_s=0.1),
        Row("Cuts", "The model", "an error", "failed"),
        Row("Is full", "The disk", "nothing is lost", "skipped", "may not mount"),
    ]
    shown = page(rows, 125)
    assert "3 faults: 1 held, 1 did not, 1 were not run." in shown
    assert "| Hangs | an error \\| in words | yes | 2.0 | 0.1 |" in shown
    assert "| Cuts | an error | NO |  |  |" in shown
    assert "| Is full | nothing is lost | not run: may not mount |  |  |" in shown
    assert shown.index("## The model") < shown.index("## The disk")
