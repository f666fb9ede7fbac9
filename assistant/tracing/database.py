"""Opens the trace store's database, SQLite or PostgreSQL, and brings its tables up to date. Knows no traces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from index_store.errors import SettingsError, TracesUnavailable

LATEST = "0006"
"""The newest step in `migrations/versions`; a test compares."""
BUSY_S = 30.0
"""How long a database may take: a locked one of SQLite, or PostgreSQL for one answer."""
_FOLDER = Path(__file__).resolve().parent / "migrations"
_HINT = "Set LECTERN_DATABASE_URL to postgresql://user@host/database, or unset it."
_ADVICE_LOCK = 0x1EC7E2
"""A number of ours for PostgreSQL's advisory lock, so that two processes do not migrate at once."""


def sqlite_url(home: Path) -> URL:
    """Give the address of the store that lies under a home."""
    return URL.create("sqlite", database=str(home / "traces.sqlite3"))


def open_database(url: URL | str) -> Engine:
    """Open the database, up to date; the folder of an SQLite file is made.

    Raises:
        SettingsError: when the address is none, or of a database that is not supported.
        TracesUnavailable: when it cannot be opened, or was written by a newer version.
    """
    parsed = _checked(url)
    try:
        engine = _engine(parsed)
    except OSError as exc:
        raise TracesUnavailable(f"The trace store cannot be made: {exc}.", hint=f"It is {shown(parsed)}.") from exc
    try:
        _migrate(engine)
    except (SQLAlchemyError, OSError) as exc:
        engine.dispose()
        raise TracesUnavailable(
            f"The trace store cannot be opened: {reason(exc)}.", hint=f"It is {shown(engine.url)}. {_next_step(exc)}"
        ) from exc
    except TracesUnavailable:
        engine.dispose()
        raise
    except TypeError as exc:  # what stands behind the "?" goes to the driver, which does not know it
        engine.dispose()
        raise SettingsError(f"LECTERN_DATABASE_URL asks for what the driver does not know: {exc}.", hint=_HINT) from exc
    return engine


def _next_step(failure: BaseException) -> str:
    why = reason(failure)
    if "malformed" in why or "not a database" in why:
        return "Bring a copy of it back; or move it away, with its -wal and -shm, and a new one is made."
    if "locked" in why:
        return "Another program holds it: close that, then try again."
    return "Look at its disk's free space and its permissions."


def reason(failure: BaseException) -> str:
    """Give a failure's own words, without the statement that SQLAlchemy puts behind them."""
    orig = getattr(failure, "orig", None) or failure
    told = orig.args[0] if orig.args else ""
    words = told.get("M", "") if isinstance(told, dict) else str(orig)  # PostgreSQL's driver gives a dict
    return next(iter(words.strip().splitlines()), type(orig).__name__).partition(" (timeout is")[0].rstrip(".")


def shown(url: URL) -> str:
    """Give an address without its password, and without its query, which may hold one too."""
    return url.set(query={}).render_as_string(hide_password=True)


def _checked(url: URL | str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise SettingsError("LECTERN_DATABASE_URL is no address of a database.", hint=_HINT) from exc
    kind = parsed.drivername.partition("+")[0]
    if kind in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+pg8000")
    if kind == "sqlite":
        return parsed.set(drivername="sqlite")
    raise SettingsError(f"LECTERN_DATABASE_URL names a database that is not supported: {kind}.", hint=_HINT)


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args={"timeout": BUSY_S})
        except ModuleNotFoundError as exc:
            raise SettingsError(
                "PostgreSQL's driver is not installed.", hint="Run: pip install 'lectern[postgres]'"
            ) from exc
    if url.database:
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():  # what people asked is for its owner's eyes; SQLite's other files get the same rights
            file.touch(0o600)
    engine = create_engine(url, connect_args={"timeout": BUSY_S}, hide_parameters=True)  # errors hold no texts
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # sqlite3 would begin late, and by itself: see _on_begin
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    """Take the write lock at once where a transaction will write: taking it later fails instead of waiting."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection within a transaction that writes; committed at the end, rolled back by an exception.

    Raises:
        TracesUnavailable: when it cannot be written.
    """
    try:
        with _transaction(engine) as connection:
            yield connection
    except (SQLAlchemyError, OSError) as exc:  # a time-out of PostgreSQL's driver comes as it is
        raise TracesUnavailable(
            f"The trace store cannot be written: {reason(exc)}.",
            hint="Look at the disk's free space and the folder's permissions; `lectern doctor` names the store.",
        ) from exc


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection to read from.

    Raises:
        TracesUnavailable: when it cannot be read.
    """
    try:
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as exc:  # a time-out of PostgreSQL's driver comes as it is
        raise TracesUnavailable(
            f"The trace store cannot be read: {reason(exc)}.", hint="`lectern doctor` names the store."
        ) from exc


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def empty_log(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, where deleted text would stand on; what others still read stays for now."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _make_tables(engine: Engine) -> bool:
    """Make the tables of a new file as they are today, unless there are some: the steps would take half a second."""
    from assistant.accounts import tables as _accounts  # noqa: F401  # they join the same metadata
    from assistant.tracing.tables import metadata

    with _transaction(engine) as connection:
        if inspect(connection).get_table_names():
            return False
        metadata.create_all(connection, checkfirst=False)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:step)"), {"step": LATEST})
    return True


def _migrate(engine: Engine) -> None:
    if _version(engine) == LATEST:
        return
    if engine.dialect.name == "sqlite" and _make_tables(engine):
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with _transaction(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVICE_LOCK})
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, LATEST)
        except CommandError as exc:
            raise TracesUnavailable(
                f"The trace store's tables are at a step that is not known: {exc}.", hint=f"It is {shown(engine.url)}."
            ) from exc


def _version(engine: Engine) -> str | None:
    """Give the step that the database is at.

    Raises:
        TracesUnavailable: when it is one that this version does not know.
    """
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > LATEST:
        raise TracesUnavailable(
            f"The trace store was written by a newer version (its tables are at {found}, known is {LATEST}).",
            hint="Update Lectern, or set LECTERN_HOME to another folder.",
        )
    return None if found is None else str(found)


def into(dialect: str, table: Table) -> Any:
    """Give an insert that can say what happens where there is such a row already (`on_conflict_do_...`)."""
    if dialect == "postgresql":  # its import is slow, and few have one
        from sqlalchemy.dialects.postgresql import insert as into_postgresql

        return into_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as into_sqlite

    return into_sqlite(table)
