"""Course policies: windows that no change of clocks shortens, and files whose every mistake is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.policy.policy_file import read_policy
from assistant.policy.values import Assignment, Policy, Rule, matches, shown_time, window_of
from index_store.errors import SettingsError
from tests.policies import AFTER, DURING, POLICY, write_policy

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC", "Pacific/Apia")
walls = st.datetimes(datetime(2010, 1, 1), datetime(2036, 1, 1))


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@given(walls, st.integers(1, 90 * 24 * 60), st.sampled_from(ZONES))
def test_a_window_holds_whenever_a_clock_in_its_zone_shows_a_time_within(
    wall: datetime, minutes: int, name: str
) -> None:
    zone = ZoneInfo(name)
    opens, closes = window_of(wall, wall + timedelta(minutes=minutes), zone)
    assert opens is not None and closes is not None
    window = Assignment("a", opens=opens, closes=closes)
    for at in (opens - 90 * 60, opens - 1, opens, opens + 1800, closes - 1800, closes - 1, closes, closes + 90 * 60):
        shown = datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        if wall <= shown < wall + timedelta(minutes=minutes):
            assert window.holds_at(at), (shown, at)


@given(walls, st.integers(1, 90 * 24 * 60), st.sampled_from(ZONES))
def test_a_window_is_never_shorter_than_its_clock_shows_and_at_most_two_shifts_longer(
    wall: datetime, minutes: int, name: str
) -> None:
    opens, closes = window_of(wall, wall + timedelta(minutes=minutes), ZoneInfo(name))
    assert opens is not None and closes is not None
    free_of_shifts = wall.replace(tzinfo=ZoneInfo(name)).timestamp()
    assert opens <= free_of_shifts
    assert closes > opens


def test_an_hour_that_the_clocks_show_twice_opens_early_and_closes_late() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    twice = datetime(2026, 10, 25, 2, 30)  # shown at 00:30 and at 01:30 UTC
    opens, closes = window_of(twice, twice + timedelta(minutes=1), berlin)
    assert opens == seconds("2026-10-25T00:30:00+00:00")
    assert closes == seconds("2026-10-25T01:31:00+00:00")
    never = datetime(2026, 3, 29, 2, 30)  # the clocks go from 2 to 3
    assert window_of(never, None, berlin)[0] == seconds("2026-03-29T00:30:00+00:00")
    assert window_of(None, never, berlin)[1] == seconds("2026-03-29T01:30:00+00:00")


def test_a_policy_is_read_with_its_window_in_the_course_s_zone(tmp_path: Path) -> None:
    policy = read_policy(write_policy(tmp_path))
    (assignment,) = policy.assignments
    assert assignment.opens == seconds("2026-10-31T23:00:00+00:00")
    assert assignment.closes == seconds("2026-12-01T22:59:00+00:00")
    assert assignment.mode == "hints"
    assert assignment.label == "assignment Firing plan (Pottery)"
    assert policy.active(DURING) == (assignment,)
    assert policy.active(AFTER) == ()
    assert not assignment.holds_at(assignment.closes)
    assert assignment.holds_at(assignment.closes - 1)
    assert len(policy.hash) == 16


def test_a_day_alone_lasts_until_its_end_and_an_offset_is_kept(tmp_path: Path) -> None:
    days = POLICY.replace("2026-12-01T23:59:00", "2026-12-01").replace("2026-11-01T00:00:00", "2026-11-01T00:00:00Z")
    (assignment,) = read_policy(write_policy(tmp_path, days)).assignments
    assert assignment.opens == seconds("2026-11-01T00:00:00+00:00")
    assert assignment.closes == pytest.approx(seconds("2026-12-01T23:00:00+00:00"), abs=0.01)


def test_a_folder_holds_a_policy_for_each_course(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(POLICY)
    (tmp_path / "two.toml").write_text(POLICY.replace("Pottery", "Weaving"))
    assert [a.course for a in read_policy(tmp_path).assignments] == ["Pottery", "Weaving"]
    (tmp_path / "three.toml").write_text(POLICY)
    with pytest.raises(SettingsError, match="more than once"):
        read_policy(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("about =", "abuot =", "no setting 'abuot'"),
        ("[course]", "[curse]", "no setting 'curse'"),
        ('"Europe/Berlin"', '"Europe/Berlim"', "no time zone 'Europe/Berlim'"),
        ('time_zone = "Europe/Berlin"', "", "need a time_zone"),
        ("until = 2026-12-01", "until = 2026-10-01", "`until` is not after `from`"),
        ("from = 2026-11-01T00:00:00", 'from = "1 Nov"', "without quotes"),
        ('"kilns.md"', '"/home/kilns.md"', "can match no document"),
        ('"kilns.md"', "7", "must be a list of up to"),
        ("code_lines = 4", "code_lines = -1", "from 0 to 1000"),
        ("code_lines = 4", 'mode = "helpful"', "there are: normal, hints, closed"),
        ("code_lines = 4", 'outside = "no"', "true or false"),
        ("code_lines = 4", 'prompt = "hint@new"', "like hint or hint@1"),
        ('name = "Firing plan"', "", "assignment 1: it has no name"),
        ("[[assignment]]", "[assignment]", "an [[assignment]] for each"),
        ("[course]", "[course", "no valid TOML"),
    ],
)
def test_every_mistake_is_told_with_its_place(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in POLICY
    with pytest.raises(SettingsError) as caught:
        read_policy(write_policy(tmp_path, POLICY.replace(before, after, 1)))
    assert told in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read"):
        read_policy(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"holds no \.toml"):
        read_policy(tmp_path)


def test_where_windows_overlap_the_strictest_counts() -> None:
    one = Assignment("one", "hints", sources=("a/*", "b.md"), code_lines=9, closes=200.0)
    two = Assignment("two", "hints", sources=("b.md", "c.md"), outside=True, code_lines=2, closes=300.0)
    exam = Assignment("exam", "closed", closes=100.0)
    hinting = Rule((one, two, exam), (one, two), "h")
    assert [path for path in ("a/x.md", "b.md", "c.md") if hinting.allows(path)] == ["b.md"]
    assert not hinting.reaches_outside
    assert hinting.mode == "hints"
    assert hinting.until == 300.0
    assert Rule((one, exam), (one, exam), "h").mode == "closed"
    free = Rule((one, two), (), "h")
    assert free.allows("z.md") and free.reaches_outside and free.allows_tool("tag_abstract") and free.prompt is None


def test_a_solution_is_hidden_from_every_question_while_its_window_is_open() -> None:
    one = Assignment("one", solutions=("Solutions/*", "*-key.ipynb"))
    rule = Rule((one,), (), "h")
    assert not rule.allows("solutions/lab/a.md")
    assert not rule.allows("lab-KEY.ipynb")
    assert rule.allows("lab.md")
    assert not matches("a.md", ())


def test_the_reader_is_told_what_until_when_and_why(tmp_path: Path) -> None:
    policy: Policy = read_policy(write_policy(tmp_path))
    rule = Rule(policy.assignments, policy.assignments, policy.hash)
    assert rule.said_to_reader(DURING) == "Hints only until 1 Dec 23:59: assignment Firing plan (Pottery)."
    assert shown_time(DURING, "Europe/Berlin", DURING - 366 * 86_400).split()[2] == "2026"
    assert Rule(policy.assignments, (), "h").said_to_reader(DURING) == ""
