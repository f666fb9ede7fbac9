"""`lectern accounts remove`: nothing goes before it was agreed to."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result

from assistant.accounts.accounts import Accounts
from assistant.accounts.people import Role
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import Origin
from assistant.tracing.store import TraceStore
from tests.people import PASSWORD
from tests.test_trace_store import keep
from ui.cli import cli


def removing(*options: str, said: str = "") -> Result:
    return CliRunner().invoke(cli, ["accounts", "remove", "Ada", *options], input=said, catch_exceptions=False)


def left(home: Path, user: str) -> tuple[int, int]:
    """Tell how many accounts and how many of a user's turns there are."""
    with closing(TraceStore(home)) as store:
        return len(Accounts(store).listed()), TraceReader(store.engine).count(Filter(user=user))


def test_an_account_goes_with_its_turns_only_when_that_is_agreed_to(clean_environment: Path) -> None:
    with closing(TraceStore(clean_environment)) as store:
        ada = Accounts(store).add("Ada", Role.STUDENT, PASSWORD)
        keep(store, origin=Origin(user_id=ada.id))
    for said in ("", "n\n"):
        done = removing(said=said)
        assert (done.exit_code, "1 turn" in done.output) == (1, True)
        assert left(clean_environment, ada.id) == (1, 1)
    done = removing("--keep-turns", said="n\n")
    assert (done.exit_code, left(clean_environment, ada.id)) == (1, (1, 1))
    assert removing(said="y\n").exit_code == 0
    assert left(clean_environment, ada.id) == (0, 0)


def test_a_script_says_that_it_is_sure(clean_environment: Path) -> None:
    with closing(TraceStore(clean_environment)) as store:
        ada = Accounts(store).add("Ada", Role.STUDENT, PASSWORD)
        keep(store, origin=Origin(user_id=ada.id))
    assert removing("--yes", "--keep-turns").exit_code == 0
    assert left(clean_environment, ada.id) == (0, 1)
