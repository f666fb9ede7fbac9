"""A course with an assignment, its solution and a policy, for tests: what a student may be told, and what not."""

from __future__ import annotations

from pathlib import Path

POLICY = """
[course]
name = "Pottery"
time_zone = "Europe/Berlin"

[[assignment]]
name = "Firing plan"
from = 2026-11-01T00:00:00
until = 2026-12-01T23:59:00
about = ["plan the firing of a kiln", "write the function that plans a firing"]
sources = ["kilns.md", "wheel.md"]
solutions = ["solutions/*"]
never_say = ["zaffre forty two"]
code_lines = 4
"""
SOLUTION = """# Model solution of the firing plan

Begin with a slow climb to four hundred degrees over three hours, soak for twenty minutes, then climb on.

```python
def firing_plan(peak, hours):
    plan = [(0, 20)]
    for hour in range(1, hours + 1):
        plan.append((hour, 20 + (peak - 20) * hour / hours))
    plan.append((hours + 1, peak))
    return plan
```
"""
DURING = 1_794_000_000.0  # 6 November 2026
AFTER = 1_797_000_000.0  # 11 December 2026
QUESTION = "Write the function that plans the firing of a kiln."


def write_policy(folder: Path, text: str = POLICY) -> Path:
    """Write a policy file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "policy.toml"
    file.write_text(text, "utf-8")
    return file


def add_solution(folder: Path) -> None:
    """Put the solution beside the material of a course."""
    (folder / "solutions").mkdir()
    (folder / "solutions" / "firing.md").write_text(SOLUTION, "utf-8")
