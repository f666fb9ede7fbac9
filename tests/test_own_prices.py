"""Prices of a course team's own servers: read, refused with the reason, and counted in a turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.llms import choose_model, complete
from assistant.own_prices import read_prices
from assistant.usage import Call, metered
from index_store.errors import SettingsError
from tests.model_calls import ASK, settings_for
from tests.model_server import ModelServer, Reply
from ui.environment import Environment

OWN = """[models]
"qwen3:8b" = { input = 0.10, output = 0.40 }
m = { input = 1, output = 2, cached = 0.5 }
"""


def write(folder: Path, text: str) -> Path:
    (folder / "prices.toml").write_text(text, "utf-8")
    return folder / "prices.toml"


def test_a_file_of_prices_is_a_setting(tmp_path: Path) -> None:
    file = write(tmp_path, OWN)
    assert Environment(tmp_path, {"LECTERN_PRICES": str(file)}).assistant.prices == read_prices(file)
    assert read_prices(file)["qwen3:8b"]["output"] == 0.40
    assert not Environment(tmp_path, {}).assistant.prices


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("m = {", "cannot be read"),
        ("[model]\nm = 1", "no table `models`"),
        ("[models]", "no table `models`"),
        ("[models]\nm = 1", "of 'm' cannot be used"),
        ("[models]\nm = { input = 1 }", "of 'm' cannot be used"),
        ("[models]\nm = { input = 1, output = -1 }", "of 'm' cannot be used"),
        ("[models]\nm = { input = 1, output = nan }", "of 'm' cannot be used"),
        ("[models]\nm = { input = 1, output = true }", "of 'm' cannot be used"),
        ("[models]\nm = { input = 1, output = 1, per = 1 }", "of 'm' cannot be used"),
    ],
)
def test_prices_that_cannot_be_used_are_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as failed:
        read_prices(write(tmp_path, text))
    assert "dollars a million tokens" in failed.value.hint
    with pytest.raises(SettingsError, match="No such file"):
        read_prices(tmp_path / "gone.toml")


@pytest.mark.parametrize(("served", "price"), [("m", 1_000 * 1 + 500 * 2), ("m-2026-01-01", 2_000), ("qwen3:8b", 300)])
async def test_a_call_of_an_own_server_costs_what_the_settings_say(tmp_path: Path, served: str, price: float) -> None:
    with ModelServer() as server:
        server.default = Reply(usage=(1_000, 500), model=served)
        model = choose_model(settings_for(server, prices=read_prices(write(tmp_path, OWN))), None)
        with metered() as meter:
            await complete(model, ASK)
    assert meter.usage().price_usd == pytest.approx(price / 1_000_000)


def test_own_prices_come_before_a_list() -> None:
    call = Call("model", "gpt-4o", 1_000_000, 0, priced=True, own_prices={"input": 1.0, "output": 1.0})
    assert call.price_usd == 1.0
