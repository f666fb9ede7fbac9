"""Makes the slide PDF of the sample course; run at development time only, after `pip install reportlab`.

The text stands here and nowhere else; the PDF in `ingest/sample/slides/` is kept in the repository, so neither the
product nor its tests need reportlab (BSD licence).
"""

from __future__ import annotations

from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "ingest" / "sample" / "slides" / "agents-and-rag-overview.pdf"
WIDTH, HEIGHT = 720.0, 405.0  # points, 16:9
FOOTER = "Working with Language Models - overview slides"

SLIDES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Working with Language Models",
        (
            "Overview slides for the first lecture, autumn term 2025",
            "Dr. Ines Halvorsen and Marek Oyelaran",
            "Eleven lessons, eight graded labs, one test, one project",
        ),
    ),
    (
        "What you will be able to do",
        (
            "Choose a model for a task and defend the choice with numbers",
            "Write prompts that a program can check",
            "Connect a model to documents and show the sources",
            "Log, price and evaluate what you built",
            "Say no to fine-tuning, or do it properly",
        ),
    ),
    (
        "A short history",
        (
            "2013: word2vec learns word vectors from plain text",
            "2017: the Transformer replaces recurrence by attention",
            "2018: BERT and the first GPT, pretraining followed by fine-tuning",
            "2020: GPT-3 learns from examples in the prompt; the term RAG appears",
            "2022: instruction tuning with human feedback, chain of thought, ReAct",
            "2023: open-weight models, LoRA on a single GPU, prompt injection in the news",
        ),
    ),
    (
        "The ladder of effort",
        (
            "Rung 1: a clear prompt - minutes",
            "Rung 2: examples in the prompt - an hour",
            "Rung 3: retrieval - days",
            "Rung 4: tools and agents - weeks",
            "Rung 5: fine-tuning - weeks, and again with each new base model",
            "Climb one rung only when your own test questions show that you must",
        ),
    ),
    (
        "Five patterns on one page",
        (
            "Few-shot: show the form with examples",
            "Chain of thought: write the steps before the answer",
            "RAG: search first, then answer from the passages",
            "Chaining: fixed steps with a check between them",
            "ReAct: think, act, observe, and repeat until done",
        ),
    ),
    (
        "Anatomy of a RAG answer",
        (
            "Question, rewritten with the history",
            "Search with words and with vectors, lists merged by rank",
            "Passages numbered in the prompt",
            "Sentences with markers, each checked against its passage",
            "A fixed sentence when the material does not answer",
        ),
    ),
    (
        "Where the time goes",
        (
            "Typical answer on the lab server: 5.8 seconds in total",
            "Rewriting the question: 0.7 seconds",
            "Searching 20,000 chunks: 0.1 seconds",
            "Writing the answer: 4.2 seconds",
            "Checking the citations: 0.8 seconds",
            "So stream the answer: the first word comes after about 1.3 seconds",
        ),
    ),
    (
        "Agents fail in four ways",
        (
            "Wrong tool: the description was vague",
            "Wrong input: a whole question where key words were wanted",
            "Loop: the same action again and again",
            "Early answer: the model stops before it has looked",
            "Read ten traces before you change the prompt",
        ),
    ),
    (
        "What we grade in the project",
        (
            "Evaluation and baseline: 40 percent of the project mark",
            "Quality of the answers and citations: 25 percent",
            "Code that another team can run: 20 percent",
            "Report and presentation: 15 percent",
        ),
    ),
    (
        "House rules",
        (
            "No personal data on the lab server",
            "Every number comes with the size of its test set",
            "Every citation is checked by a program",
            "Ask in the forum before you are stuck for more than an hour",
            "Bring a laptop with Python 3.11 or newer to the first lab",
        ),
    ),
)


def main() -> None:
    """Write the PDF, one slide a page, with a fixed date so that the same text gives the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    TARGET.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(TARGET), pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle("Agents and RAG: overview slides")
    for number, (title, lines) in enumerate(SLIDES, start=1):
        canvas.setFont("Helvetica-Bold", 28)
        canvas.drawString(48, HEIGHT - 72, title)
        canvas.setFont("Helvetica", 17)
        for row, line in enumerate(lines):
            canvas.drawString(60, HEIGHT - 128 - 36 * row, f"\N{BULLET} {line}")
        canvas.setFont("Helvetica", 10)
        canvas.drawString(48, 24, FOOTER)
        canvas.drawRightString(WIDTH - 48, 24, str(number))
        canvas.showPage()
    canvas.save()


if __name__ == "__main__":
    main()
