"""Names in sentences like those of abstracts, each of another kind: how pages, servers and languages write them."""

from __future__ import annotations

import pytest

from assistant.abstracts import read_paste
from assistant.latex_marks import plain
from assistant.tagging import names_by_rules
from assistant.tagging_rules import tag

SENTENCES = [
    ("We introduce Fran\\c{c}aisBERT, a model for French.", ["FrançaisBERT"]),
    ('We train Se\\~norGPT and G\\"odelNet, two models.', ["SeñorGPT", "GödelNet"]),
    ("We compare RoB-\nERTa with Long-\nformer on tasks.", ["RoB-\nERTa", "Long-\nformer"]),
    ("The Trans-\nformer is used by GPT-4-\npowered planners.", ["GPT-4"]),
    ("We extend LLaMA-\nAdapter to video.", ["LLaMA-\nAdapter"]),
    ("We sample images with Stable\nDiffusion and Segment\r\nAnything.", ["Stable\nDiffusion", "Segment\r\nAnything"]),
    ("我们使用BERT模型和GPT-4模型进行实验，并与LLaMA-2比较。", ["BERT", "GPT-4", "LLaMA-2"]),
    ("私たちはGPT-4-turboを使って、T5とBERTを比較した。", ["GPT-4-turbo", "T5", "BERT"]),
    ("우리는 BERT를 사용한다.", ["BERT"]),
    ("Wir stellen WortBERT vor und vergleichen es mit GPT-4.", ["WortBERT", "GPT-4"]),
    ("Nous présentons Zyme-X, un modèle.", ["Zyme-X"]),
    ("We scale to T5$_{11B}$ and BERT$_{\\text{LARGE}}$.", ["T5", "BERT-LARGE"]),
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
    ('We present \\textsc{K\\"{u}sten}GPT, which reads tide tables.', ["KüstenGPT"]),
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
    ("It is initialised from the PaLI-X vision-language model.", ["PaLI-X"]),
    (
        "A LLaMA base model, BERT base and gpt-3.5 turbo plus GPT-4 Vision.",
        ["LLaMA", "BERT base", "gpt-3.5 turbo", "GPT-4 Vision"],
    ),
    ("We compare Chinchilla70B with LLaMA2 7B and LLaMA2-13/70B.", ["Chinchilla", "LLaMA2"]),
    ("Code Llama - Python 7B outperforms Code Llama - Instruct.", ["Code Llama - Python", "Code Llama - Instruct"]),
    ("We train a language model named Eel-{\\Sigma} on tides.", ["Eel-Σ"]),
    ("Pre-ChatGPT models and non-GPT-4 baselines differ.", ["ChatGPT", "GPT-4"]),
    ("We propose HyperTide-a network of gates.", ["HyperTide"]),
    ("Popular LLM APIs, e.g. GPT-4, ChatGPT, T1-Tern, differ in price.", ["GPT-4", "ChatGPT", "T1-Tern"]),
    ("AI systems (including Acme's HERON) bluff.", ["HERON"]),
    ("We ask four engines -- Wigeon, Smew, and Dunlin -- about tides.", ["Wigeon", "Smew", "Dunlin"]),
    ("We compare GPT-4, Dunlin and Claude.", ["GPT-4", "Dunlin", "Claude"]),
    ("GPT-4 and BIRD-2 sing.", ["GPT-4", "BIRD-2"]),
    ("We propose a tutor, Plover, that asks. It is better than a learned critic, Smew.", ["Plover", "Smew"]),
    ("The approach, which we call Dunlin, supports maps.", ["Dunlin"]),
    ("This is what we term the Hydra effect, and a language called Kalamang has it.", ["NA"]),
    ("The resulting Dunlin architecture is fast. We scale Dunlin up.", ["Dunlin"]),
    ("The Ising model is old.", ["NA"]),
    (
        "We propose HQDrink, a framework for tea; we built it on Qwen-LM and on 800K pages of TeaPages-800K.",
        ["HQDrink", "Qwen-LM"],
    ),
    (
        "The Segment Anything Model (SAM) cuts out. MultiTide-GPT is asked; so is the MultiTide-GPT.",
        ["SAM", "MultiTide-GPT"],
    ),
    ("We train Plover, a language model, and release Plover-Chat.", ["Plover", "Plover-Chat"]),
    ('We propose "Read, Ask and Tell" (RAT), an interactive approach.', ["RAT"]),
    ("We propose Joint Models for Tidal Planning (TiP), a network.", ["TiP"]),
    ("We propose the Large Tide and Speech Model (LTaSM) for ports.", ["LTaSM"]),
    ("Large reasoning models (LRMs) think. LRMs outperform people.", ["NA"]),
    ("Masked tide modelling (MTM) is used. MTM requires data.", ["NA"]),
    ("We propose Optimization by PROmpting (OPRO). OPRO outperforms people.", ["OPRO"]),
    ("The LVLM model and RALM baselines, a W4A4 model, a Text-to-SQL model.", ["NA"]),
    ("Results on AIME 2024 can improve.", ["NA"]),
    ("We introduce TidePool, a large corpus of charts. TidePool can be used by all.", ["NA"]),
    ("We introduce TideLM, a model that was trained on a large corpus.", ["TideLM"]),
    ("TideGym can serve as a challenging benchmark. TideGym uses boats.", ["NA"]),
    ("On ChartNet and PierNet our parser wins; results on GateNet are mixed.", ["NA"]),
    ("We formulate a new task, D9, and build a D9 system. D9 requires text.", ["NA"]),
    ("Life on our planet and in a cabinet.", ["NA"]),
    ("We present Composer, a model that draws.", ["Composer"]),
    ("{\\bf BERT}$_{\\text{LARGE}}$, GPT\\mbox{-}4 and Ro\\-BERTa.", ["BERT-LARGE", "GPT-4", "RoBERTa"]),
    ("We use Falcon~40B and Stable\\ Diffusion.", ["Falcon", "Stable Diffusion"]),
]


@pytest.mark.parametrize(("abstract", "expected"), SENTENCES)
def test_names_are_whole_and_their_places_hold_them_with_any_latex_marks(abstract: str, expected: list[str]) -> None:
    assert names_by_rules(abstract) == expected
    pasted = [one.pasted(found) for one in read_paste(abstract).abstracts for found in tag(one.plain.text)]
    assert all(plain(abstract[one.start : one.end]).text == one.name for one in pasted)
