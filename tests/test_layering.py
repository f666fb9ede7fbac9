"""The packages import one way: ui -> assistant -> index_store <- ingest <- ui; and the help loads nothing slow."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "index_store": {"index_store"},
    "ingest": {"ingest", "index_store"},
    "assistant": {"assistant", "index_store"},
    "ui": {"ui", "assistant", "ingest", "index_store"},
}


def imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in names} & ALLOWED.keys()


def test_packages_import_only_in_the_direction_of_the_arrows() -> None:
    files = [(package, file) for package in ALLOWED for file in (ROOT / package).rglob("*.py")]
    assert len(files) > 50
    wrong = {str(file): imported(file) - ALLOWED[package] for package, file in files}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_help_loads_no_slow_library() -> None:
    code = (
        "import sys; from ui.cli import cli; cli.main(['--help'], standalone_mode=False);"
        "print([m for m in ('gradio', 'chromadb', 'llama_index', 'onnxruntime', 'comet_llm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        file.relative_to(ROOT).as_posix()
        for package in ALLOWED
        for file in (ROOT / package).rglob("*.py")
        if "os.environ" in file.read_text("utf-8") or "getenv" in file.read_text("utf-8")
    ]
    # app.py sets what gradio reads when it is imported, comet.py what comet_llm reads
    assert sorted(readers) == ["assistant/tracing/comet.py", "ui/pages.py", "ui/wiring.py"]
