"""What the environment may say: its variables, and the settings of the packages that follow from them. Reads nothing.

`wiring` reads the environment and hands its values over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from index_store.errors import SettingsError
from index_store.settings import StoreSettings
from ingest.settings import IngestSettings

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.agent_run import AgentLimits
    from assistant.examples import Choice
    from assistant.settings import AssistantSettings
    from assistant.tracing.settings import TraceSettings
    from ui.server_settings import ServerSettings

VARIABLES: Mapping[str, str] = {
    "LECTERN_HOME": "where everything that lasts lies",
    "LECTERN_MODEL": "name of the language model",
    "LECTERN_MODEL_TIMEOUT": "seconds for which it may be silent (default 120): more for a slow machine of your own",
    "LECTERN_EMBEDDING": "minilm (default), openai:MODEL or compatible:MODEL",
    "LECTERN_PROMPTS": "folder with a course team's own prompt versions, and tag_examples.jsonl",
    "LECTERN_PROMPT_VERSIONS": "versions of prompts that are used: tag_abstract=3,answer=1",
    "LECTERN_POLICY": "the course's policy: a TOML file or a folder of them (else policy.toml in the home)",
    "LECTERN_EXAMPLES": "how few-shot examples are chosen: fixed:4 (default), random:4:SEED or nearest:4",
    "LECTERN_PRICES": "TOML file with what your own servers cost: a price ranks models, and limits turns",
    "LECTERN_NAMES": "file with names of models that the tagging rules know too, one a line",
    "LECTERN_MAX_FILE_BYTES": "the largest file that is read",
    "LECTERN_FETCH_LOOPBACK": "1 lets ingest fetch from this machine (for tests)",
    "OPENAI_API_KEY": "key of OpenAI, or of the compatible server",
    "OPENAI_BASE_URL": "address of an OpenAI-compatible server",
    "COMET_API_KEY": "key of Comet: with it, every turn is delivered there",
    "COMET_WORKSPACE": "workspace in Comet",
    "COMET_PROJECT_NAME": "project in Comet",
    "COMET_URL_OVERRIDE": "address of Comet, where it is not comet.com",
    "OPIK_URL_OVERRIDE": "address of Opik: with it, every turn is delivered there",
    "OPIK_API_KEY": "key of Opik",
    "OPIK_WORKSPACE": "workspace in Opik",
    "OPIK_PROJECT_NAME": "project in Opik",
    "LECTERN_WIKIPEDIA_API_URL": "address of the API of a MediaWiki to use in Wikipedia's place",
    "LECTERN_TOOLS": "the agent's tools that are switched on, by name; else all",
    "LECTERN_AGENT_LIMITS": "what one turn of the agent may take: steps=8 seconds=120 tokens=60000 usd=0.5",
    "LECTERN_SEARXNG_URL": "address of a SearXNG for web searches; else DuckDuckGo and others are asked",
    "TAVILY_API_KEY": "key of Tavily: web searches go there",
    "SERPAPI_API_KEY": "key of SerpAPI: web searches go there",
    "LECTERN_CONTACT": "mail or web address that Wikipedia and fetched sites can turn to",
    "LECTERN_DATABASE_URL": "database of the traces: postgresql://USER@HOST/NAME, else SQLite in the home",
    "LECTERN_TRACE_DAYS": "days for which turns are kept; else for good",
    "LECTERN_TRACE_SAMPLE": "share of the turns that is delivered, 0 to 1 (default 1)",
    "LECTERN_REDACT": "0 delivers e-mail addresses, phone and student numbers too; never keys",
    "LECTERN_REDACT_STORE": "1 hides them in what is kept here, too",
    "LECTERN_STUDENT_NUMBER": "regular expression of your student numbers",
    "LECTERN_ACCOUNTS": "1 lets only those in who have an account",
    "LECTERN_PUBLIC_URL": "address under which a proxy shows the server: https://course.example/lectern",
    "LECTERN_PROXIES": "addresses of proxies whose forwarded headers are believed (default 127.0.0.1)",
    "LECTERN_CONSENT": "file with the text that whoever signs in agrees to",
    "LECTERN_LIMITS": "what may be asked for: turns_a_minute=20 turns_at_once=3 all_at_once=100 usd_a_day=none",
    "LECTERN_OIDC_ISSUER": "address of an OpenID provider to sign in with",
    "LECTERN_OIDC_CLIENT_ID": "what the provider calls this server",
    "LECTERN_OIDC_CLIENT_SECRET": "the secret that the provider gave to this server",  # nosec B105 - what it is for
    "LECTERN_OIDC_CLAIM": "the claim that says what somebody is (default roles)",
    "LECTERN_OIDC_ROLES": "what its values make of somebody: reviewer=tutor,staff admin=lecturer",
    "LECTERN_LOG": "json writes the server's log as JSON lines; else text",
}
SECRETS = frozenset(
    {
        "OPENAI_API_KEY",
        "COMET_API_KEY",
        "OPIK_API_KEY",
        "TAVILY_API_KEY",
        "SERPAPI_API_KEY",
        "LECTERN_OIDC_CLIENT_SECRET",
    }
)

TOOLS = frozenset(
    {"course_search", "read_source", "wikipedia", "web_search", "open_page", "arxiv", "tag_abstract", "calculate"}
)


@dataclass(frozen=True)
class Environment:
    """What the environment and the .env file say, checked; and the settings of the packages that follow from it."""

    home: Path
    values: Mapping[str, str] = field(repr=False)  # holds keys: never printed

    def get(self, name: str) -> str | None:
        """Give a variable, or None where it is unset or empty."""
        return self.values.get(name) or None

    def secret(self, name: str) -> SecretStr | None:
        """Give a variable that must not be shown."""
        value = self.get(name)
        return None if value is None else SecretStr(value)

    @cached_property
    def store(self) -> StoreSettings:
        """Settings of the index."""
        return StoreSettings(
            home=self.home,
            embedding=self.get("LECTERN_EMBEDDING") or "minilm",
            api_key=self.secret("OPENAI_API_KEY"),
            base_url=self.get("OPENAI_BASE_URL"),
        )

    @cached_property
    def ingest(self) -> IngestSettings:
        """Settings of ingestion."""
        text = self.get("LECTERN_MAX_FILE_BYTES")
        if text is None:
            return IngestSettings(self.home)
        if not text.isdecimal() or int(text) == 0:
            raise SettingsError(f"LECTERN_MAX_FILE_BYTES is {text!r}.", hint="Give a number of bytes.")
        return IngestSettings(self.home, max_file_bytes=int(text))

    @cached_property
    def assistant(self) -> AssistantSettings:
        """Settings of the assistant."""
        from assistant.own_prices import read_prices
        from assistant.settings import DEADLINE_S, REQUEST_TIMEOUT_S, AssistantSettings

        prompts, prices = self.get("LECTERN_PROMPTS"), self.get("LECTERN_PRICES")
        silence_s = self._seconds("LECTERN_MODEL_TIMEOUT", REQUEST_TIMEOUT_S)
        return AssistantSettings(
            model=self.get("LECTERN_MODEL"),
            base_url=self.get("OPENAI_BASE_URL"),
            api_key=self.secret("OPENAI_API_KEY"),
            request_timeout_s=silence_s,
            deadline_s=max(DEADLINE_S, 2 * silence_s),
            prompts_folder=None if prompts is None else Path(prompts),
            prompt_versions=self._prompt_versions(),
            prices={} if prices is None else read_prices(Path(prices).expanduser()),
        )

    def _prompt_versions(self) -> dict[str, int]:
        text = self.get("LECTERN_PROMPT_VERSIONS") or ""
        pairs = [pair.partition("=") for pair in text.replace(",", " ").split()]
        versions = {name: version.removeprefix("v") for name, _, version in pairs}
        if not all(name and version.isdecimal() for name, version in versions.items()):
            raise SettingsError(f"LECTERN_PROMPT_VERSIONS is {text!r}.", hint="Write it like tag_abstract=3,answer=1.")
        return {name: int(version) for name, version in versions.items()}

    @property
    def policy_file(self) -> Path | None:
        """The course's policy, a file or a folder; None where there is none."""
        named = self.get("LECTERN_POLICY")
        if named is not None:
            return Path(named).expanduser()
        usual = self.home / "policy.toml"
        return usual if usual.is_file() else None

    @cached_property
    def examples(self) -> Choice:
        """How few-shot examples are chosen."""
        from assistant.examples import USUAL, parse_choice

        text = self.get("LECTERN_EXAMPLES")
        return USUAL if text is None else parse_choice(text)

    @cached_property
    def model_names(self) -> tuple[str, ...]:
        """Names of models that the tagging rules know beside those of their list."""
        file = self.get("LECTERN_NAMES")
        if file is None:
            return ()
        try:
            lines = Path(file).expanduser().read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingsError(
                f"LECTERN_NAMES: {file} cannot be read.", hint="Give a file of names, one a line."
            ) from exc
        return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))

    @cached_property
    def traces(self) -> TraceSettings:
        """Settings of the trace store and its delivery."""
        from assistant.tracing.settings import TraceSettings

        return TraceSettings(
            database_url=self.get("LECTERN_DATABASE_URL"),
            keep_days=self._number("LECTERN_TRACE_DAYS"),
            sample=1.0 if (share := self._number("LECTERN_TRACE_SAMPLE")) is None else share,
            redact=self._switch("LECTERN_REDACT", default=True),
            redact_store=self._switch("LECTERN_REDACT_STORE", default=False),
            student_number=self.get("LECTERN_STUDENT_NUMBER"),
            comet_api_key=self.secret("COMET_API_KEY"),
            comet_workspace=self.get("COMET_WORKSPACE"),
            comet_project=self.get("COMET_PROJECT_NAME"),
            comet_url=self.get("COMET_URL_OVERRIDE"),
            opik_url=self.get("OPIK_URL_OVERRIDE"),
            opik_api_key=self.secret("OPIK_API_KEY"),
            opik_workspace=self.get("OPIK_WORKSPACE"),
            opik_project=self.get("OPIK_PROJECT_NAME"),
            secrets=tuple(s for s in map(self.secret, sorted(SECRETS)) if s is not None),
        )

    @cached_property
    def server(self) -> ServerSettings:
        """Settings of the web server."""
        from ui import server_settings as read
        from ui.consent import consent_of

        accounts = self._switch("LECTERN_ACCOUNTS", default=False)
        return read.ServerSettings(
            accounts=accounts,
            public_url=read.read_public_url(self.get("LECTERN_PUBLIC_URL")),
            proxies=self.get("LECTERN_PROXIES") or "127.0.0.1",
            oidc=read.read_oidc(
                self.get("LECTERN_OIDC_ISSUER"),
                self.get("LECTERN_OIDC_CLIENT_ID"),
                self.secret("LECTERN_OIDC_CLIENT_SECRET"),
                self.get("LECTERN_OIDC_CLAIM"),
                read.read_roles(self.get("LECTERN_OIDC_ROLES")),
            ),
            consent=consent_of(self) if accounts else "",
            limits=read.read_limits(self.get("LECTERN_LIMITS")),
            log_json=read.read_log(self.get("LECTERN_LOG")),
        )

    @cached_property
    def tools(self) -> frozenset[str] | None:
        """Names of the tools that are switched on, None for all."""
        text = self.get("LECTERN_TOOLS")
        if text is None:
            return None
        names = frozenset(text.replace(",", " ").split()) - {"none"}
        unknown = sorted(names - TOOLS)
        if unknown:
            raise SettingsError(
                f"LECTERN_TOOLS names what is no tool: {', '.join(unknown)}.",
                hint=f"Tools: {', '.join(sorted(TOOLS))}; or none.",
            )
        return names

    @cached_property
    def agent_limits(self) -> AgentLimits:
        """What one turn of the agent may take."""
        from assistant.agent_run import AgentLimits

        names = {"steps": "steps", "seconds": "seconds", "tokens": "tokens", "usd": "price_usd"}
        given: dict[str, float] = {}
        for part in (self.get("LECTERN_AGENT_LIMITS") or "").replace(",", " ").split():
            name, _, value = part.partition("=")
            if name not in names or not _is_number(value):
                raise SettingsError(
                    f"LECTERN_AGENT_LIMITS holds {part!r}.",
                    hint="Write it as: steps=8 seconds=120 tokens=60000 usd=0.5",
                )
            given[names[name]] = int(float(value)) if name in ("steps", "tokens") else float(value)
        return AgentLimits(**given)  # type: ignore[arg-type]  # steps and tokens are whole, as made above

    def _switch(self, name: str, *, default: bool) -> bool:
        text = (self.get(name) or str(int(default))).strip().lower()
        if text not in ("0", "1", "true", "false", "yes", "no", "on", "off"):  # guessing might let something out
            raise SettingsError(f"{name} is {self.get(name)!r}.", hint="Give 1 or 0.")
        return text in ("1", "true", "yes", "on")

    def _number(self, name: str) -> float | None:
        text = self.get(name)
        if text is None:
            return None
        try:
            return float(text)
        except ValueError as exc:
            raise SettingsError(f"{name} is {text!r}.", hint="Give a number.") from exc

    def _seconds(self, name: str, usual: float) -> float:
        seconds = self._number(name)
        if seconds is None:
            return usual
        if not 0 < seconds <= 86_400:  # NaN too
            raise SettingsError(f"{name} is {self.get(name)!r}.", hint="Give seconds: more than 0, a day at most.")
        return seconds


def _is_number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False
