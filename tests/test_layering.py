"""The packages import one way: ui -> assistant -> index_store <- ingest <- ui; and the help loads nothing slow."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
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


def needed(tree: ast.AST) -> set[str]:
    """Names of modules that are imported anywhere but for type checking alone."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        found |= needed(node)
    return found


def test_no_module_needs_one_that_needs_it() -> None:
    files = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): file
        for package in ALLOWED
        for file in (ROOT / package).rglob("*.py")
    }
    graph = {name: needed(ast.parse(f.read_text("utf-8"))) & files.keys() - {name} for name, f in files.items()}
    assert "ui.chat" in graph["ui.pages"]
    TopologicalSorter(graph).prepare()  # names the circle where there is one


def test_no_file_of_a_face_is_longer_than_can_be_read_in_one_go() -> None:
    files = [file for file in (ROOT / "ui").iterdir() if file.suffix in (".py", ".js", ".css")]
    assert len(files) > 1
    assert {file.name: n for file in files if (n := len(file.read_bytes().splitlines())) > 300} == {}


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
