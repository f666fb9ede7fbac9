"""Builds minilm.onnx: the computing graph of all-MiniLM-L6-v2 without its weights. Development time only; needs `onnx`.

    python -m index_store.build_minilm_graph        rewrites index_store/minilm.onnx, some 30 KB

The graph holds no number of the model: each initializer is external data, a name, an offset and a length into the
`model.safetensors` of the weights package. Torch keeps a linear layer as (out, in) and query, key and value apart; the
graph wants (in, out), and the three side by side. It says so with Transpose and Concat nodes over the initializers,
which ONNX Runtime folds into constants when it opens the session, so nothing of it is computed per text.

There is no attention mask: texts are never padded, so every position counts. Texts of one length may share a batch.

Sources: BERT (arXiv 1810.04805), MiniLM (arXiv 2002.10957), mean pooling and unit length as in the model card of
sentence-transformers/all-MiniLM-L6-v2; fused operators: ContribOperators.md of ONNX Runtime.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, helper

from index_store.minilm import DIMENSION, GRAPH, WEIGHTS, weights_folder

LAYERS, HEADS, EPSILON = 6, 12, 1e-12
OPSET, IR_VERSION = 17, 8  # old enough for every ONNX Runtime since 1.13
CONTRIB = "com.microsoft"


def read_header(weights: Path) -> tuple[dict[str, Any], int]:
    """Read a safetensors header: tensor name -> dtype, shape and offsets, and the byte at which the data begins.

    Source: the format section of https://huggingface.co/docs/safetensors.
    """
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length)), 8 + length


class GraphBuilder:
    """Collects nodes and initializers; each method adds one step and returns the name of its output."""

    def __init__(self, header: dict[str, Any], data_start: int) -> None:
        self.header, self.data_start = header, data_start
        self.nodes: list[NodeProto] = []
        self.initializers: dict[str, TensorProto] = {}

    def weight(self, name: str) -> str:
        """Name a tensor of the weights file, as external data at its offset."""
        if name not in self.initializers:
            begin, end = self.header[name]["data_offsets"]
            tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=self.header[name]["shape"])
            tensor.data_location = TensorProto.EXTERNAL
            place = {"location": WEIGHTS, "offset": self.data_start + begin, "length": end - begin}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
            self.initializers[name] = tensor
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add one node with one output; the fused operators are the ones that have `domain`."""
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def transposed(self, name: str) -> str:
        """Turn a torch linear weight (out, in) into (in, out); folded when the session opens."""
        return self.node("Transpose", [self.weight(name)], f"{name}.T", perm=[1, 0])

    def dense(self, x: str, layer: str) -> str:
        """Multiply (b, t, in) by a linear layer's weight, without its bias: the next fused node adds that."""
        return self.node("MatMul", [x, self.transposed(f"{layer}.weight")], f"{layer}.product")

    def skip_norm(self, x: str, skip: str, layer: str) -> str:
        """Add the layer's bias and the residual, then normalize (b, t, 384)."""
        norm = layer.replace("dense", "LayerNorm")
        parts = [self.weight(f"{norm}.weight"), self.weight(f"{norm}.bias"), self.weight(f"{layer}.bias")]
        return self.node("SkipLayerNormalization", [x, skip, *parts], f"{norm}.output", domain=CONTRIB, epsilon=EPSILON)

    def embedding(self, ids: str) -> str:
        """Sum the word, position and first segment's embeddings of (b, t) int32, normalized: (b, t, 384)."""
        segments = self.node("Sub", [ids, ids], "segment_ids")  # one text, so segment 0 throughout
        kinds = ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")
        inputs = [ids, segments, *(self.weight(f"embeddings.{kind}.weight") for kind in kinds)]
        inputs.append(self.weight("embeddings.LayerNorm.bias"))
        outputs = ["embeddings.output", "embeddings.unused_mask"]
        fused = helper.make_node(
            "EmbedLayerNormalization", inputs, outputs, name=outputs[0], domain=CONTRIB, epsilon=EPSILON
        )
        self.nodes.append(fused)
        return outputs[0]

    def attention(self, x: str, prefix: str) -> str:
        """Self-attention of 12 heads over (b, t, 384), with query, key and value in one product."""
        parts = [f"{prefix}.self.{part}" for part in ("query", "key", "value")]
        weights = [self.transposed(f"{part}.weight") for part in parts]
        biases = [self.weight(f"{part}.bias") for part in parts]
        merged = self.node("Concat", weights, f"{prefix}.qkv.weight", axis=1)
        bias = self.node("Concat", biases, f"{prefix}.qkv.bias", axis=0)
        return self.node("Attention", [x, merged, bias], f"{prefix}.heads", domain=CONTRIB, num_heads=HEADS)

    def layer(self, x: str, prefix: str) -> str:
        """One transformer block: attention, then the two-layer network, each with its residual: (b, t, 384)."""
        heads = self.attention(x, f"{prefix}.attention")
        projected = self.dense(heads, f"{prefix}.attention.output.dense")
        x = self.skip_norm(projected, x, f"{prefix}.attention.output.dense")
        wide = f"{prefix}.intermediate.dense"
        gelu = self.node("BiasGelu", [self.dense(x, wide), self.weight(f"{wide}.bias")], f"{wide}.gelu", domain=CONTRIB)
        return self.skip_norm(self.dense(gelu, f"{prefix}.output.dense"), x, f"{prefix}.output.dense")

    def pool(self, x: str) -> str:
        """Average over the tokens and scale to unit length: (b, t, 384) -> (b, 384)."""
        mean = self.node("ReduceMean", [x], "mean", axes=[1], keepdims=0)
        length = self.node("ReduceL2", [mean], "length", axes=[1], keepdims=1)
        return self.node("Div", [mean, length], "embedding")


def build(weights: Path) -> ModelProto:
    """Build the graph for this weights file: `input_ids` (b, t) int32 -> `embedding` (b, 384) float32."""
    builder = GraphBuilder(*read_header(weights))
    x = builder.embedding("input_ids")
    for number in range(LAYERS):
        x = builder.layer(x, f"encoder.layer.{number}")
    output = builder.pool(x)
    graph = helper.make_graph(
        builder.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT32, ["batch", "tokens"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", DIMENSION])],
        list(builder.initializers.values()),
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="lectern")


def main() -> None:
    """Rewrite the graph file beside this module."""
    GRAPH.write_bytes(build(weights_folder() / WEIGHTS).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
