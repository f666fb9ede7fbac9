"""`/api` over plain HTTP: the rows of the command line, the library changed and proved, turns that are one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api_server import Served
from tests.web_site import WebSite

KILN = "How hot is stoneware fired?"
ABSTRACT = "We compare Llama 2 with GPT-4 and our model, PotLM, on forty tasks of clay."


def as_(guarded: Served, key: str) -> httpx.Client:
    return httpx.Client(base_url=f"{guarded.address}/api", headers={"authorization": f"Bearer {key}"}, timeout=30)


@pytest.fixture
def ann(guarded: Served) -> Iterator[httpx.Client]:
    with as_(guarded, "ann") as client:
        yield client


@pytest.fixture
def ben(guarded: Served) -> Iterator[httpx.Client]:
    with as_(guarded, "ben") as client:
        yield client


@pytest.fixture
def rita(guarded: Served) -> Iterator[httpx.Client]:
    with as_(guarded, "rita") as client:
        yield client


@pytest.fixture
def root(guarded: Served) -> Iterator[httpx.Client]:
    with as_(guarded, "root") as client:
        yield client


def done(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "hint", "type"}
    return str(error["message"])


def test_a_search_gives_passages_with_their_places(ann: httpx.Client) -> None:
    (first, *_) = done(ann.post("/search", json={"question": KILN, "top_k": 3}))["hits"]
    assert first["rank"] == 1 and first["path"] == "kilns.md" and "1,260 degrees" in first["text"]


def test_a_question_gets_the_row_of_the_command_line(ann: httpx.Client) -> None:
    row = done(ann.post("/ask", json={"question": KILN, "way": "course"}))
    assert row["found"] and "1,260" in row["answer"] and row["citations"][0]["path"] == "kilns.md"
    assert "1,260 degrees" in row["citations"][0]["quote"]
    history = [{"role": "user", "content": "What is a glaze?"}, {"role": "assistant", "content": "A layer of glass."}]
    assert done(ann.post("/ask", json={"question": "What is it made of?", "history": history}))["found"]


def test_abstracts_are_tagged_one_or_many(ann: httpx.Client) -> None:
    row = done(ann.post("/tags", json={"abstract": ABSTRACT}))
    assert row["tags"] == ["Llama 2", "GPT-4", "PotLM"]
    assert [ABSTRACT[a:b] for a, b in row["spans"]] == row["tags"]
    many = [{"id": "a", "abstract": ABSTRACT}, {"id": 2, "abstract": "   "}]
    found = done(ann.post("/tags/batch", json={"rows": many}))["rows"]
    assert (found[0]["id"], found[0]["tags"]) == ("a", row["tags"])
    assert found[1]["id"] == 2 and found[1]["error"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/ask", {}, 422),
        ("/ask", {"question": "???"}, 400),
        ("/ask", {"question": KILN, "wya": "agent"}, 422),
        ("/ask", {"question": KILN, "history": [{"role": "system", "content": "x"}]}, 422),
        ("/search", {"question": KILN, "top_k": 101}, 422),
        ("/tags/batch", {"rows": []}, 422),
        ("/tags", {"abstract": " "}, 400),
    ],
)
def test_what_cannot_be_used_is_told(ann: httpx.Client, path: str, body: Any, status: int) -> None:
    assert refused(ann.post(path, json=body), status)


def test_a_lone_surrogate_breaks_nothing(ann: httpx.Client) -> None:
    for body in (b'{"question": "kiln \\ud800 heat"}', b'{"question": "x", "history": NaN}'):
        answer = ann.post("/ask", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422


def test_a_body_that_does_not_say_that_it_is_json_is_told_so(ann: httpx.Client) -> None:
    said = refused(ann.post("/ask", content=json.dumps({"question": KILN})), 422)
    assert "Content-Type: application/json" in said


# Turns


def asked(client: httpx.Client) -> str:
    trace: str = done(client.post("/ask", json={"question": KILN}))["trace_id"]
    return trace


def test_one_sees_one_s_own_turns_and_no_other_s(ann: httpx.Client, ben: httpx.Client) -> None:
    trace = asked(ann)
    listed = done(ann.get("/traces"))
    assert listed["traces"][0]["id"] == trace and listed["total"] >= 1
    assert done(ann.get(f"/traces/{trace}"))["spans"]
    assert trace not in ben.get("/traces").text
    assert trace not in ben.get("/traces/export").text


@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/feedback", {"vote": "down"}),
    ],
)
def test_another_s_turn_is_answered_as_one_that_is_not_there(
    ann: httpx.Client, ben: httpx.Client, method: str, below: str, body: Any
) -> None:
    trace = asked(ann)
    theirs = ben.request(method, f"/traces/{trace}{below}", json=body)
    nobody_s = ben.request(method, f"/traces/{'0' * 32}{below}", json=body)
    assert (theirs.status_code, theirs.content) == (404, nobody_s.content)
    assert done(ann.get(f"/traces/{trace}"))["feedback"] == []


def test_a_student_asks_for_all_turns_in_vain(ann: httpx.Client) -> None:
    for path in ("/traces?scope=all", "/traces/export?scope=all"):
        assert "student" in refused(ann.get(path), 403)
    assert "student" in refused(ann.post(f"/traces/{'0' * 32}/reviews", json={"verdict": "right"}), 403)


def test_a_vote_is_kept_and_taken_back(ann: httpx.Client) -> None:
    trace = asked(ann)
    for vote in ("down", None):
        done(ann.post(f"/traces/{trace}/feedback", json={"vote": vote, "reason": "wrong source", "comment": "No."}))
        assert done(ann.get("/traces?limit=1"))["traces"][0]["vote"] == vote
    (said, _) = done(ann.get(f"/traces/{trace}"))["feedback"]
    assert (said["user_id"], said["comment"]) == ("id-ann", "No.")


def test_a_turn_is_taken_along_and_deleted(ann: httpx.Client) -> None:
    trace = asked(ann)
    lines = [json.loads(line) for line in ann.get("/traces/export").text.splitlines()]
    assert trace in {line["id"] for line in lines} and "owner" not in lines[0]
    assert trace in ann.get("/traces/export?format=csv").text
    assert trace in ann.get("/traces/export?format=openinference").text
    assert done(ann.delete(f"/traces/{trace}")) == {"deleted": 1, "delivered": 0}
    assert refused(ann.get(f"/traces/{trace}"), 404)
    assert trace not in ann.get("/traces/export").text


def test_a_reviewer_sees_all_and_keeps_what_they_found(ann: httpx.Client, rita: httpx.Client) -> None:
    trace = asked(ann)
    assert done(rita.get("/traces?scope=all&reviewed=false"))["traces"][0]["id"] == trace
    assert refused(rita.post(f"/traces/{trace}/reviews", json={}), 400)
    stray = {"verdict": "partly", "corrected_tags": ["GPT-4"]}  # what was asked does not have it
    assert refused(rita.post(f"/traces/{trace}/reviews", json=stray), 400)
    done(rita.post(f"/traces/{trace}/reviews", json={"verdict": "partly", "corrected_tags": ["NA"]}))
    (review,) = done(rita.get(f"/traces/{trace}"))["reviews"]
    assert done(ann.get(f"/traces/{trace}"))["reviews"] == []  # what reviewers say among themselves
    assert "rita" not in ann.get("/traces/export").text
    assert (review["reviewer"], review["verdict"], review["corrected_tags"]) == ("rita", "partly", ["NA"])
    assert trace not in rita.get("/traces?scope=all&reviewed=false").text
    assert refused(rita.delete(f"/traces/{trace}"), 404)  # to see it is not to own it


# The library


def test_the_library_lists_its_documents_with_receipts(ann: httpx.Client, root: httpx.Client) -> None:
    listed = done(ann.get("/library?text=kiln"))
    (kilns,) = listed["documents"]
    assert (kilns["path"], kilns["status"], listed["total"]) == ("kilns.md", "done", 1)
    assert kilns["source"] == "course"  # where it lies on the server is not a student's business
    whole = done(ann.get(f"/library/{kilns['id']}"))
    assert whole["receipt"]["chunks"] == kilns["chunks"] and whole["receipt"]["source"] == "course"
    assert done(root.get(f"/library/{kilns['id']}"))["source"].endswith("/course")
    assert refused(ann.get("/library/unknown"), 404)


def test_only_who_may_changes_the_library(ann: httpx.Client, rita: httpx.Client) -> None:
    kilns = done(ann.get("/library?text=kiln"))["documents"][0]["id"]
    for client in (ann, rita):
        assert refused(client.delete(f"/library/{kilns}"), 403)
        assert refused(client.post("/library", json={"sources": ["arxiv:2210.03629"]}), 403)
        assert refused(client.post("/library/uploads", files={"files": ("a.txt", b"x")}), 403)
    assert done(ann.get("/library?text=kiln"))["total"] == 1


def test_files_are_uploaded_found_and_removed_with_proof(root: httpx.Client, ann: httpx.Client) -> None:
    text = b"Raku is pulled from the kiln while it glows, and cooled in straw that burns.\n"
    files = [("files", ("../raku.txt", text)), ("files", ("broken.pdf", b"%PDF-1.7 nothing"))]
    told = done(root.post("/library/uploads", files=files))
    by_path = {receipt["path"]: receipt["status"] for receipt in told["receipts"]}
    assert by_path == {"raku.txt": "done", "broken.pdf": "failed"}
    assert told["counts"] == {"done": 1, "failed": 1}
    asked_of = {"question": "What is raku cooled in?"}
    assert done(ann.post("/search", json=asked_of))["hits"][0]["path"] == "raku.txt"
    (raku,) = done(root.get("/library?text=raku"))["documents"]
    gone = done(root.delete(f"/library/{raku['id']}"))
    assert (gone["documents"], gone["chunks_left"], gone["files_left"]) == (1, 0, 0)
    assert done(ann.post("/search", json=asked_of))["hits"][0]["path"] != "raku.txt"


def test_uploads_at_one_time_wait_for_each_other_and_each_has_its_receipt(root: httpx.Client) -> None:
    texts = {f"{n}.txt": f"Kiln {n} of the yard holds {n * 9 + 4} bowls.\n".encode() for n in range(6)}
    with ThreadPoolExecutor(len(texts)) as pool:
        sent = [pool.submit(root.post, "/library/uploads", files={"files": upload}) for upload in texts.items()]
    told = [done(answer.result())["receipts"] for answer in sent]
    assert [[(r["path"], r["status"]) for r in receipts] for receipts in told] == [[(name, "done")] for name in texts]
    there = {d["path"]: d["id"] for d in done(root.get("/library"))["documents"]}
    assert texts.keys() <= there.keys()
    for name in texts:
        assert done(root.delete(f"/library/{there[name]}"))["files_left"] == 0


def test_a_page_is_ingested_by_its_address(root: httpx.Client) -> None:
    with WebSite() as site:
        text = b"<main><h1>Majolica</h1><p>Majolica is painted on a white glaze of tin before it is fired.</p></main>"
        site.page("/majolica", text)
        told = done(root.post("/library", json={"sources": [f"{site.url}/majolica"]}))
    assert [receipt["status"] for receipt in told["receipts"]] == ["done"], told
    (page,) = done(root.get("/library?text=majolica"))["documents"]
    assert page["source"].endswith("/majolica")
    assert done(root.delete(f"/library/{page['id']}"))["chunks_left"] == 0


def test_an_address_within_is_not_fetched(root: httpx.Client) -> None:
    (receipt,) = done(root.post("/library", json={"sources": ["http://10.0.0.1/x"]}))["receipts"]
    assert receipt["status"] == "failed" and "10.0.0.1" in receipt["reason"]


@pytest.mark.parametrize("source", ["/etc/passwd", "file:///etc/passwd", "course", "", "http://"])
def test_no_file_of_the_server_is_ingested(root: httpx.Client, source: str) -> None:
    assert refused(root.post("/library", json={"sources": [source]}), 422)
