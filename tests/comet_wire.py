"""The wire format that was recorded of comet_llm 2.2.7, as checks: what is wrong with a request."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, Protocol

ALIVE, LLM, METRIC = "/api/isAlive/ver", "/api/rest/v2/write/experiment/llm", "/api/rest/v2/write/experiment/metric"


class Request(Protocol):
    """A request as it arrived."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def body(self) -> Any: ...


def wrong_with(request: Request, key: str, chains: Container[str]) -> list[str]:
    """Give what does not fit the wire format that was recorded of comet_llm."""
    wrong = [] if request.headers.get("authorization") == key else ["Authorization is not the bare key"]
    checks = {("GET", ALIVE): lambda body, _: [], ("POST", LLM): _wrong_list, ("POST", METRIC): _wrong_metric}
    check = checks.get((request.method, request.path))
    if check is None:
        return [*wrong, "there is no such path"]
    if request.method == "POST" and "application/json" not in request.headers.get("content-type", ""):
        wrong.append("it is no JSON")
    return [*wrong, *check(request.body, chains)]


def _wrong_list(body: Any, _: Container[str]) -> list[str]:
    if not isinstance(body, list) or not body or not all(isinstance(item, dict) for item in body):
        return ["the body is no list"]
    return [text for item in body for text in _wrong_chain(item)]


_FIELDS = {
    "experimentKey": str,
    "createExperimentRequest": dict,
    "parameters": list,
    "metrics": list,
    "others": list,
    "tags": list,
    "jsonAsset": dict,
}
_CHAIN = {
    "version": int,
    "chain_nodes": list,
    "chain_inputs": dict,
    "chain_outputs": dict,
    "metadata": dict,
    "category": str,
    "start_timestamp": int,
    "end_timestamp": int,
    "chain_duration": int,
}
_NODE = {
    "id": int,
    "category": str,
    "name": str,
    "inputs": dict,
    "outputs": dict,
    "duration": int,
    "start_timestamp": int,
    "end_timestamp": int,
    "parent_ids": list,
    "metadata": dict,
}
_MAY_BE_NULL = frozenset({"end_timestamp", "duration", "chain_duration"})


def _wrong_fields(value: dict[str, Any], fields: dict[str, type], what: str) -> list[str]:
    wrong = [] if value.keys() == fields.keys() else [f"{what} has the fields {sorted(value)}"]
    for name, kind in fields.items():
        found = value.get(name)
        if type(found) is not kind and not (found is None and name in _MAY_BE_NULL):
            wrong.append(f"{name} of {what} is {found!r}")
    return wrong


def _wrong_chain(item: dict[str, Any]) -> list[str]:
    wrong = _wrong_fields(item, _FIELDS, "an item")
    if wrong:
        return wrong
    if not re.fullmatch(r"[0-9a-f]{32}", item["experimentKey"]):
        wrong.append("experimentKey is not 32 hex digits")
    request, asset = item["createExperimentRequest"], item["jsonAsset"]
    if request.keys() != {"workspaceName", "projectName", "type"} or request["type"] != "LLM":
        wrong.append(f"createExperimentRequest is {request}")
    about = {name: asset.get(name) for name in ("extension", "type", "fileName")}
    if about != {"extension": "json", "type": "llm_data", "fileName": "comet_llm_data.json"}:
        wrong.append(f"jsonAsset is {about}")
    for name, keys in (("parameters", "parameter"), ("metrics", "metric")):
        wrong += [f"{name} has {e}" for e in item[name] if e.keys() != {f"{keys}Name", f"{keys}Value"}]
    wrong += [f"others has {e}" for e in item["others"] if e.keys() != {"key", "value"}]
    chain = asset.get("file")
    return [*wrong, *(wrong_with_asset(chain) if isinstance(chain, dict) else ["the asset is no object"])]


def wrong_with_asset(chain: dict[str, Any]) -> list[str]:
    """Give what is wrong with the asset of a chain: names, types, times, parents."""
    wrong = _wrong_fields(chain, _CHAIN, "a chain")
    if wrong:
        return wrong
    wrong += _wrong_times(chain, "chain_duration")
    known: set[int] = set()
    for node in chain["chain_nodes"]:
        wrong += _wrong_fields(node, _NODE, "a node") or _wrong_times(node, "duration")
        if node["id"] in known:
            wrong.append(f"two nodes are {node['id']}")
        known.add(node["id"])
    for node in chain["chain_nodes"]:
        above = node["parent_ids"]
        if not set(above) <= known or node["id"] in above or len(set(above)) < len(above):
            wrong.append(f"node {node['id']} has the parents {above}")
    return wrong


def _wrong_times(timed: dict[str, Any], duration: str) -> list[str]:
    began, ended = timed["start_timestamp"], timed["end_timestamp"]
    wrong = [] if 10**12 < began < 10**13 else [f"{began} is no time in milliseconds"]
    if ended is not None and timed[duration] != ended - began:
        wrong.append(f"{duration} is {timed[duration]}, not {ended - began}")
    if ended is not None and ended < began:
        wrong.append(f"{ended} is before {began}")
    return wrong


def _wrong_metric(body: Any, chains: Container[str]) -> list[str]:
    if not isinstance(body, dict) or body.keys() != {"experimentKey", "metricName", "metricValue"}:
        return ["the body is no metric"]
    wrong = [] if body["experimentKey"] in chains else [f"no chain is {body['experimentKey']}"]
    wrong += [] if body["metricName"] == "user_feedback" else [f"the metric is {body['metricName']}"]
    return [*wrong, *([] if body["metricValue"] in (0, 1) else [f"the value is {body['metricValue']!r}"])]
