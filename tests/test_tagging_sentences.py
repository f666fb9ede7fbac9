"""Names in sentences like those of abstracts, each of another kind: how pages, servers and languages write them."""

from __future__ import annotations

import pytest

from assistant.abstracts import read_paste
from assistant.tagging import names_by_rules
from assistant.tagging_rules import tag

SENTENCES = [
    ("We introduce Fran\\c{c}aisBERT, a model for French.", ["Fran\\c{c}aisBERT"]),
    ('We train Se\\~norGPT and G\\"odelNet, two models.', ["Se\\~norGPT", 'G\\"odelNet']),
    ("We compare RoB-\nERTa with Long-\nformer on tasks.", ["RoB-\nERTa", "Long-\nformer"]),
    ("The Trans-\nformer is used by GPT-4-\npowered planners.", ["GPT-4"]),
    ("We extend LLaMA-\nAdapter to video.", ["LLaMA-\nAdapter"]),
    ("We sample images with Stable\nDiffusion and Segment\r\nAnything.", ["Stable\nDiffusion", "Segment\r\nAnything"]),
    ("我们使用BERT模型和GPT-4模型进行实验，并与LLaMA-2比较。", ["BERT", "GPT-4", "LLaMA-2"]),
    ("私たちはGPT-4-turboを使って、T5とBERTを比較した。", ["GPT-4-turbo", "T5", "BERT"]),
    ("우리는 BERT를 사용한다.", ["BERT"]),
    ("Wir stellen WortBERT vor und vergleichen es mit GPT-4.", ["WortBERT", "GPT-4"]),
    ("Nous présentons Zyme-X, un modèle.", ["Zyme-X"]),
    ("We scale to T5$_{11B}$ and BERT$_{\\text{LARGE}}$.", ["T5", "BERT$_{\\text{LARGE}}$"]),
    ("We prompt Mixtral 8$\\times$7B and Mixtral-8x22B.", ["Mixtral"]),
    (
        "We ask Claude 3.5 Sonnet, Claude 3 Opus and Gemini 1.5 Pro.",
        ["Claude 3.5 Sonnet", "Claude 3 Opus", "Gemini 1.5 Pro"],
    ),
    ("Paintings of Claude Monet are classified with a CNN.", ["CNN"]),
    ("Large language models such as o3 and o1-preview reason.", ["o3", "o1-preview"]),
    ("OpenAI's o1 and o3-mini are strong.", ["o1", "o3-mini"]),
    ("Ozone (O3) and the observations o1, o2 and o3 are recorded.", ["NA"]),
    ("We fine-tune ViT-B/16 on birds.", ["ViT-B/16"]),
    ("We fine-tune bert-base-uncased and roberta-large.", ["bert-base-uncased", "roberta-large"]),
    ("We call gpt-4 and gpt-4o-mini.", ["gpt-4", "gpt-4o-mini"]),
    ("We use all-MiniLM-L6-v2 and xlm-roberta-base.", ["all-MiniLM-L6-v2", "xlm-roberta-base"]),
    ("We use Llama-2-7B-Chat and Qwen2.5-72B-Instruct.", ["Llama-2-7B-Chat", "Qwen2.5-72B-Instruct"]),
    ("GPT‑4 and GPT–3.5 are used.", ["GPT‑4", "GPT–3.5"]),
    ("Мы используем BERT-модель и GPT-4.", ["BERT", "GPT-4"]),
    ("Retrieval helps: we pair Claude with a BM25 index and GPT-4o-mini as the reader.", ["Claude", "GPT-4o-mini"]),
    ("Claude Shannon's source coding theorem bounds what any LSTM can compress.", ["LSTM"]),
    (
        "We report Claude-3.5-Sonnet, claude-3-opus and Claude Instant.",
        ["Claude-3.5-Sonnet", "claude-3-opus", "Claude Instant"],
    ),
    ('We present \\textsc{K\\"{u}sten}GPT, which reads tide tables.', ['\\textsc{K\\"{u}sten}GPT']),
    (
        "To parse legal texts we pre-\ntrain Lex-\nBERT on statutes and compare it with De-\nBERTa.",
        ["Lex-\nBERT", "De-\nBERTa"],
    ),
    (
        "Our baseline is a fine-tuned distilbert-base-uncased; roberta-large-mnli serves as judge.",
        ["distilbert-base-uncased", "roberta-large"],
    ),
    ("Images are embedded with CLIP ViT-B/32 and a ResNet-50.", ["CLIP", "ResNet-50"]),
    ("A plain ViT-S/8 segments cells as well as U-Net does.", ["ViT-S/8", "U-Net"]),
    ("We study whether o1-mini or o3 plans better than DeepSeek-R1.", ["o1-mini", "o3", "DeepSeek-R1"]),
    ("At O1 optimisation level the compiler removes dead code; O3 unrolls loops.", ["NA"]),
    ("本文提出了一种名为 FooLens 的模型，性能优于 GPT-3.5。", ["FooLens", "GPT-3.5"]),
    ("本論文ではLLaMA-2-7Bをファインチューニングし、ChatGPTと比べる。", ["LLaMA-2", "ChatGPT"]),
    ("Presentamos MareaBERT, un modelo para textos costeros, y lo comparamos con T5.", ["MareaBERT", "T5"]),
    ("A mixture of experts such as Mixtral 8×7B routes tokens.", ["Mixtral"]),
    ("We test GPT-J 6B, GPT-NeoX-20B, and Falcon 40B Instruct.", ["GPT-J", "GPT-NeoX", "Falcon 40B Instruct"]),
    ("The falcons of the Rhône delta were counted from a plane over ten winters.", ["NA"]),
    ("We survey how teachers grade essays in twelve schools.", ["NA"]),
    ("Gemini Observatory spectra are classified by a small CNN.", ["CNN"]),
    ("Whisper-large-v3 and wav2vec 2.0 transcribe the choir.", ["Whisper-large-v3", "wav2vec 2.0"]),
    ("Prompted with a poem, ChatGPT\nand Stable\n Diffusion\nXL draw the sea.", ["ChatGPT", "Stable\n Diffusion\nXL"]),
    ("We release PebbleLM (350M), a model of stones.", ["PebbleLM"]),
    ("MoonNet-v2 surpasses MoonNet.", ["MoonNet-v2", "MoonNet"]),
    ("The X-ray images show the fracture; no model was trained.", ["NA"]),
]


@pytest.mark.parametrize(("abstract", "expected"), SENTENCES)
def test_names_are_whole_and_verbatim(abstract: str, expected: list[str]) -> None:
    assert names_by_rules(abstract) == expected
    pasted = [one.pasted(found) for one in read_paste(abstract).abstracts for found in tag(one.plain.text)]
    assert all(abstract[one.start : one.end] == one.name for one in pasted)
