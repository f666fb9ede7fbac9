"""Loads, checks and renders prompt templates. Calls no model; needs LlamaIndex only when it makes its messages.

A template is a file `NAME.vN.md`: YAML front matter, then messages under the headings `# system`, `# user` and
`# assistant`, in Jinja. Everything that can be wrong with it is told when it is loaded or rendered, before any model is
called. Beside its declared variables a template may use `refusal` (the fixed sentence) and `key` (see `key_for`), and
the filters `oneline` and `json`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from assistant.prompts.template_file import FileParts, read_template_file
from assistant.refusal import REFUSAL
from index_store.errors import PromptProblem, PromptUnknown

if TYPE_CHECKING:
    from jinja2 import Template as JinjaTemplate
    from jinja2.sandbox import SandboxedEnvironment
    from llama_index.core.base.llms.types import ChatMessage

PACKAGED = Path(__file__).resolve().parent
GIVEN = frozenset({"refusal", "key"})
"""What every template may use without declaring it."""
USUAL: Mapping[str, int] = MappingProxyType({"tag_abstract": 2})
"""Versions of the package that are taken unless another is chosen; else it is the latest. Those of `tag_abstract` are
techniques side by side, not one better than the one before: few-shot is the least that small models do well with."""
_FILE_NAME = re.compile(r"([a-z][a-z0-9_]*)\.v([1-9][0-9]{0,5})\.md")

_SURROGATE = re.compile("[\ud800-\udfff]")

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message; `data` is what goes beside it for a model that reads data (quoting mode)."""

    role: Role
    content: str
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Template:
    """A checked prompt template; `hash` is 16 hex digits of the SHA-256 of its text, line ends as LF."""

    name: str
    version: int
    task: str
    purpose: str
    variables: Mapping[str, str]
    models: str
    notes: str
    hash: str
    path: Path
    messages: tuple[tuple[Role, str], ...]  # role and Jinja source

    def render(self, **inputs: Any) -> list[ChatMessage]:
        """Render to LlamaIndex messages; the last one carries `additional_kwargs["lectern"]`.

        Raises:
            PromptProblem: when an input is missing, is not declared, or the template fails on it.
        """
        from llama_index.core.base.llms.types import ChatMessage, MessageRole

        return [
            ChatMessage(
                role=MessageRole(message.role),
                content=message.content,
                additional_kwargs={"lectern": dict(message.data)} if message.data else {},
            )
            for message in self.render_plain(**inputs)
        ]

    def render_plain(self, **inputs: Any) -> list[Message]:
        """Render without LlamaIndex; the last message carries the data.

        Raises:
            PromptProblem: when an input is missing, is not declared, or the template fails on it.
        """
        self._check_inputs(inputs)
        values = {**inputs, "refusal": REFUSAL, "key": key_for(inputs)}
        rendered = [Message(role, self._fill(source, values)) for role, source in self.messages]
        data = {
            "template": self.name,
            "version": self.version,
            "hash": self.hash,
            "task": self.task,
            "inputs": dict(inputs),
        }
        rendered[-1] = Message(rendered[-1].role, rendered[-1].content, data)
        return rendered

    def _check_inputs(self, inputs: Mapping[str, Any]) -> None:
        missing = sorted(self.variables.keys() - inputs.keys())
        extra = sorted(inputs.keys() - self.variables.keys())
        for names, what in ((missing, "needs"), (extra, "does not declare")):
            if names:
                raise PromptProblem(
                    f"The prompt template {self.name}.v{self.version} {what}: {', '.join(names)}.",
                    hint=f"Its variables are: {', '.join(sorted(self.variables)) or 'none'}.",
                )

    def _fill(self, source: str, values: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError

        try:
            return _sendable(_compiled(source).render(values).strip())
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as exc:
            raise PromptProblem(
                f"The prompt template {self.path.name} could not be rendered: {exc}.",
                hint="Compare the file with the inputs that its front matter describes.",
            ) from exc


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The templates that one assistant uses: a course team's folder first, and versions chosen by name."""

    folder: Path | None = None
    versions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def get(self, name: str, version: int | None = None) -> Template:
        """Give the template of this name: in the version given here, else the chosen one, else the latest.

        Raises:
            PromptProblem: when it is missing or malformed.
        """
        return load(name, self.versions.get(name) if version is None else version, self.folder)


def names(folder: Path | None = None) -> list[str]:
    """Give the names of all templates, of the package and of the course team's folder."""
    matches = (_FILE_NAME.fullmatch(entry.name) for place in (PACKAGED, folder) for entry in _entries(place))
    return sorted({match[1] for match in matches if match})


def versions(name: str, folder: Path | None = None) -> dict[int, Path]:
    """Give the files of a template by version; the course team's folder wins over the package."""
    found: dict[int, Path] = {}
    for place in (PACKAGED, folder):
        found.update(_in_folder(name, place))
    return dict(sorted(found.items()))


def file_of(name: str, version: int | None = None, folder: Path | None = None) -> Path:
    """Give a template's file, also of one that is malformed.

    Without a version it is the latest of the course team's folder, if that has any of this name, else the latest of
    the package (or the one of USUAL): a newer version of ours does not replace a team's own wording.

    Raises:
        PromptProblem: when there is none.
    """
    known = versions(name, folder)
    own = _in_folder(name, folder)
    if version is None and known:
        version = max(own) if own else USUAL.get(name, max(known))
    if version is None or version not in known:
        wanted = name if version is None else f"{name}.v{version}"
        listed = ", ".join(f"v{v}" for v in known) or "none"
        raise PromptUnknown(
            f"There is no prompt template {wanted}.",
            hint=f"Versions of {name}: {listed}. They are files NAME.vN.md in {folder or 'the prompts folder'}.",
        )
    return known[version]


def load(name: str, version: int | None = None, folder: Path | None = None) -> Template:
    """Load and check a template: that of `file_of`.

    Raises:
        PromptProblem: when it is missing or malformed.
    """
    path = file_of(name, version, folder)
    try:
        stamp = path.stat()
    except OSError as exc:
        raise PromptProblem(f"The prompt template {path.name} cannot be read: {exc.strerror}.") from exc
    return _parsed(path, stamp.st_mtime_ns, stamp.st_size)


def key_for(inputs: Mapping[str, Any]) -> str:
    """Give 16 hex digits that mark where given text begins and ends, the same for the same inputs.

    They are a hash of all inputs: a text that wanted to forge its own end would have to hold a hash of itself and of
    everything beside it.
    """
    said = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _sendable(text: str) -> str:
    """Replace lone surrogates, which a terminal or a file may hand us and no server reads."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _in_folder(name: str, folder: Path | None) -> dict[int, Path]:
    matches = ((_FILE_NAME.fullmatch(entry.name), entry) for entry in _entries(folder))
    return {int(match[2]): entry for match, entry in matches if match and match[1] == name}


def _entries(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    try:
        return list(folder.iterdir())
    except OSError as exc:
        raise PromptProblem(
            f"The prompts folder {folder} cannot be read: {exc.strerror}.",
            hint="Name a folder that holds files like answer.v1.md, or unset it.",
        ) from exc


@cache
def _parsed(path: Path, modified_ns: int, size: int) -> Template:
    """Parse a file once for as long as it stays the same; an edit is seen at the next load."""
    parts = read_template_file(path)
    match = _FILE_NAME.fullmatch(path.name)
    assert match is not None  # only such files are listed
    if parts.name != match[1] or parts.version != int(match[2]):
        raise PromptProblem(
            f"The prompt template {path.name} says of itself: {parts.name}.v{parts.version}.",
            hint="Make name and version in its front matter agree with its file name.",
        )
    _check_variables(path, parts)
    return Template(
        name=parts.name,
        version=parts.version,
        task=parts.task,
        purpose=parts.purpose,
        variables=MappingProxyType(dict(parts.variables)),
        models=parts.models,
        notes=parts.notes,
        hash=hashlib.sha256(parts.text.encode()).hexdigest()[:16],
        path=path,
        messages=tuple((cast(Role, role), source) for role, source in parts.messages),
    )


def _check_variables(path: Path, parts: FileParts) -> None:
    from jinja2 import TemplateError, meta

    used: set[str] = set()
    for _, source in parts.messages:
        try:
            used |= meta.find_undeclared_variables(_environment().parse(source))
            _environment().from_string(source)
        except TemplateError as exc:
            raise PromptProblem(f"The prompt template {path.name} is no valid Jinja: {exc}.") from exc
    declared = set(parts.variables)
    for names, what in (
        (declared & GIVEN, "declares, though every template is given"),
        (used - declared - GIVEN, "uses, but does not declare"),
        (declared - used, "declares, but does not use"),
    ):
        if names:
            raise PromptProblem(
                f"The prompt template {path.name} {what}: {', '.join(sorted(names))}.",
                hint="Make `variables` in its front matter agree with its messages.",
            )


@lru_cache(maxsize=64)
def _compiled(source: str) -> JinjaTemplate:
    """Compile a source once: that takes ten times as long as rendering it."""
    return _environment().from_string(source)


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    environment.filters["oneline"] = lambda text: " ".join(str(text).split())
    environment.globals.clear()  # range, lipsum and the like have no place in a prompt
    return environment
