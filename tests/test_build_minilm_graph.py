"""The graph file against its builder, and its vectors against the same network in plain numpy from the same weights."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_store.build_minilm_graph import build, read_header
from index_store.minilm import GRAPH, WEIGHTS, MiniLM, weights_folder

Array = NDArray[np.float64]
PROSE = "Chain of thought asks the model to write its reasoning down before the answer; ReAct adds actions. "


class NumpyMiniLM:
    """The network in float64, written from the paper's formulas; slow, and with no fused step to hide a mistake in."""

    def __init__(self) -> None:
        file = weights_folder() / WEIGHTS
        header, start = read_header(file)
        data = file.read_bytes()
        self.tensors: dict[str, Array] = {}
        for name, entry in header.items():
            if entry.get("dtype") == "F32":
                begin, end = entry["data_offsets"]
                flat = np.frombuffer(data[start + begin : start + end], dtype="<f4")
                self.tensors[name] = flat.reshape(entry["shape"]).astype(np.float64)

    def linear(self, x: Array, name: str) -> Array:
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]

    def heads(self, x: Array, name: str) -> Array:
        return self.linear(x, name).reshape(len(x), 12, 32).transpose(1, 0, 2)

    def attention(self, x: Array, prefix: str) -> Array:
        query, key, value = (self.heads(x, f"{prefix}.self.{part}") for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(32)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = weights / weights.sum(-1, keepdims=True) @ value
        output = self.linear(mixed.transpose(1, 0, 2).reshape(len(x), 384), f"{prefix}.output.dense")
        return self.norm(output + x, f"{prefix}.output.LayerNorm")

    def embed(self, ids: list[int]) -> Array:
        table = "embeddings.{}_embeddings.weight"
        x = self.tensors[table.format("word")][ids] + self.tensors[table.format("position")][: len(ids)]
        x = self.norm(x + self.tensors[table.format("token_type")][0], "embeddings.LayerNorm")
        for number in range(6):
            layer = f"encoder.layer.{number}"
            x = self.attention(x, f"{layer}.attention")
            wide = self.linear(x, f"{layer}.intermediate.dense")
            x = self.norm(self.linear(gelu(wide), f"{layer}.output.dense") + x, f"{layer}.output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


def gelu(x: Array) -> Array:
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM(threads=2)


@pytest.fixture(scope="module")
def reference() -> NumpyMiniLM:
    return NumpyMiniLM()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is ReAct?",
        PROSE * 3,
        PROSE * 40,
        "naïve café 中文 🙂",
        "x = [i for i in range(10)]\n" * 5,
        "a [MASK] b [SEP]",
    ],
)
def test_vectors_are_those_of_the_network_in_plain_numpy(model: MiniLM, reference: NumpyMiniLM, text: str) -> None:
    expected = reference.embed(model.token_ids(text))
    assert float(model.embed_query(text) @ expected) >= 0.999999
    np.testing.assert_allclose(model.embed_query(text), expected, atol=1e-5)


def test_similarities_are_those_that_sentence_transformers_prints_for_this_model(model: MiniLM) -> None:
    """The three numbers stand in the quick start of the Sentence Transformers documentation."""
    vectors = model.embed_texts(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    similarities = vectors @ vectors.T
    assert [round(float(similarities[pair]), 4) for pair in ((0, 1), (0, 2), (1, 2))] == [0.666, 0.1046, 0.1411]


def test_the_graph_file_is_what_its_builder_builds() -> None:
    assert GRAPH.read_bytes() == build(weights_folder() / WEIGHTS).SerializeToString(deterministic=True)


def test_the_graph_holds_no_number_of_the_model() -> None:
    from onnx import TensorProto, load

    initializers = load(str(GRAPH), load_external_data=False).graph.initializer
    assert len(initializers) == 5 + 6 * 16
    assert all(tensor.data_location == TensorProto.EXTERNAL and not tensor.raw_data for tensor in initializers)


def test_transposes_are_folded_when_the_session_opens(tmp_path: Path) -> None:
    import onnxruntime
    from onnx import load

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights_folder()))
    onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
    operators = {node.op_type for node in load(options.optimized_model_filepath, load_external_data=False).graph.node}
    assert operators.isdisjoint({"Transpose", "Concat"}), operators
    assert {"EmbedLayerNormalization", "Attention", "SkipLayerNormalization", "BiasGelu"} <= operators
