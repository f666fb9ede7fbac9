// What the browser does by itself on the review desk: the address of what is seen, the way from turn to turn, ticked
// sources, and what is begun of a review. Needs `pages.js`.
Object.assign(lectern, {
  turn: new URLSearchParams(location.search).get("turn") ?? "",
  // What is listed and which turn is open are in the address, to be copied or read anew.
  view: null,
  addressed() {
    const query = new URLSearchParams(lectern.turn ? { turn: lectern.turn } : {});
    new URLSearchParams(lectern.view ?? location.search).forEach((value, name) => query.has(name) || query.set(name, value));
    const address = location.pathname + (query.size ? `?${query}` : "");
    if (location.pathname + location.search !== address) history.replaceState(null, "", address);
  },
  listed(view) {
    lectern.view = view;
    lectern.addressed();
    return [];
  },
  // What was begun of a turn's review is put back; where there is a turn, its heading is gone to once it is there.
  opened(turn, reader, begun, told, ...form) {
    lectern.review = { turn, reader, begun: JSON.parse(begun) };
    if (turn) {
      lectern.turn = lectern.awaited = turn;
      lectern.addressed();
    } else document.querySelector("#detail")?.scrollIntoView({ block: "start" });
    lectern.arrive();
    const draft = lectern.reviews()[turn];
    if (!draft) return [told, ...form];
    return ["<p role='status'>You have begun this review; it is not kept yet.</p>", draft[0] || null, ...draft.slice(1)];
  },
  kept(turn, reader, begun, ...form) {
    lectern.review = { turn, reader, begun: JSON.parse(begun) };
    lectern.reviewing(form.map((field) => field ?? ""));
    return [];
  },
  // A review that is begun stays with its turn in this tab until it is kept, whatever else is opened meanwhile.
  reviewing(form) {
    const { turn, reader, begun } = lectern.review ?? {};
    if (!turn) return;
    const all = lectern.reviews();
    delete all[turn];
    if (JSON.stringify(form) !== JSON.stringify(begun)) all[turn] = form;
    sessionStorage.setItem("lectern-reviews", JSON.stringify({ reader, all }));
  },
  reviews() {
    const kept = JSON.parse(sessionStorage.getItem("lectern-reviews") ?? "{}");
    return kept.reader === lectern.review.reader ? kept.all : {};
  },
  // Where nobody signs in, who reviews writes a name once: it stays with the browser, for its reader.
  reviewer(name, reader) {
    lectern.reads = reader;
    const kept = JSON.parse(localStorage.getItem("lectern-reviewer") ?? "{}");
    return [name || (kept.reader === reader ? kept.name : "")];
  },
  // What was said of an earlier review goes when a button is pressed, and what is said of this one is seen.
  telling() {
    lectern.tells = true;
    return ["", ""];
  },
  // With pages and cells: the server reads their files once somebody opens the passages, so that a turn opens at once.
  whole(passages) {
    return (passages.whole ??= fetch(`review/turns/${passages.dataset.of}`)
      .then((reply) => (reply.ok ? reply.text() : Promise.reject(new Error(reply.statusText))))
      .then((shown) => {
        const holder = passages.querySelector("div");
        const at = document.activeElement?.closest("#passages .lectern-source")?.id;
        holder.innerHTML = shown;
        passages.querySelector(":scope > [role=status]")?.remove();
        if (at) holder.querySelector(`#${at} summary`)?.focus({ preventScroll: true });
      })
      .catch(() => {
        passages.whole = undefined; // the text stays, and it is tried again when they are opened again
        const told = document.createElement("p");
        told.className = "lectern-note";
        told.setAttribute("role", "status");
        told.textContent = "The pages and cells could not be read: fold the passages and open them again.";
        passages.querySelector(":scope > [role=status]")?.remove();
        passages.querySelector("div").before(told);
      }));
  },
  async seePassage(number) {
    const passages = document.querySelector("#passages");
    if (!passages) return;
    passages.open = true;
    await lectern.whole(passages);
    const card = passages.querySelector(`#source-${CSS.escape(number)}`);
    if (!card) return;
    card.open = true;
    const place = card.querySelector(".lectern-page[open], .lectern-cell");
    card.querySelectorAll(".lectern-passage, .lectern-cell pre").forEach(lectern.seeMark);
    (place ? card : (card.querySelector("mark") ?? card)).scrollIntoView({ block: place ? "start" : "center", behavior: "smooth" });
    card.querySelector("summary").focus({ preventScroll: true });
  },
  openers() {
    return [...document.querySelectorAll("#turns button[data-turn]")];
  },
  // To the next turn of the list, or the one before; at the end of a page on to the page beside it.
  step(way) {
    const list = lectern.openers();
    const here = list.findIndex((opener) => opener.dataset.turn === lectern.turn);
    // A turn that a filter no longer finds, since it was reviewed, has left its place to the one that was next.
    const next = here >= 0 ? here + way : (lectern.place ?? 0) - (way < 0 ? 1 : 0);
    if (list[next]) return list[next].click();
    const page = document.querySelector(`#count button[data-way="${way}"]`);
    const told = document.querySelector("#stepped");
    if (page) {
      lectern.stepping = { way, from: list[0]?.dataset.turn };
      page.click();
    } else if (told) told.textContent = way > 0 ? "This is the last one of the list." : "This is the first one of the list.";
  },
  // Looks whether what was waited for is on the page: a turn, another page of the list, what became of a review.
  arrive() {
    const list = lectern.openers();
    const here = list.findIndex((opener) => opener.dataset.turn === lectern.turn);
    if (here >= 0 && lectern.turn) lectern.place = here;
    list.forEach((opener, at) => {
      if (at === here) opener.setAttribute("aria-current", "true");
      else opener.removeAttribute("aria-current");
    });
    const { way, from } = lectern.stepping ?? {};
    if (way && list.length && list[0].dataset.turn !== from) {
      lectern.stepping = null;
      list.at(way > 0 ? 0 : -1).click();
    }
    const heading = document.querySelector("#detail h3[data-of]");
    if (lectern.awaited && heading?.dataset.of === lectern.awaited) {
      lectern.awaited = null;
      heading.closest("#detail").scrollIntoView({ block: "start", behavior: "smooth" });
      heading.focus({ preventScroll: true });
    }
    if (heading) lectern.tick();
    const told = [...document.querySelectorAll("#review-told, #accept-told")].find((part) => part.textContent.trim());
    if (lectern.tells && told) {
      lectern.tells = false;
      told.scrollIntoView({ block: "nearest" });
    }
  },
  // The sources that are ticked are those that are written: one list, whichever way it is filled.
  sources() {
    const written = document.querySelector("#right-sources textarea")?.value ?? "";
    return written.split("\n").map((line) => line.trim()).filter(Boolean);
  },
  tick() {
    const right = lectern.sources();
    document.querySelectorAll("#detail input[data-right]").forEach((box) => (box.checked = right.includes(box.dataset.right)));
  },
});
(() => {
  const within = (target, wanted) => (target instanceof Element ? target.closest(wanted) : null);

  document.addEventListener("click", (event) => {
    const opener = within(event.target, "button[data-turn]");
    if (opener) {
      lectern.turn = opener.dataset.turn;
      if (lectern.turn === lectern.review?.turn) lectern.awaited = lectern.turn;
      lectern.put("#turn", lectern.turn);
      lectern.arrive();
    }
    const talk = within(event.target, "button[data-conversation]");
    if (talk) {
      lectern.put("#talk", talk.dataset.conversation);
      document.querySelector("#count").scrollIntoView({ block: "start", behavior: "smooth" });
    }
    const page = within(event.target, "button[data-page]");
    if (page) lectern.put("#page", page.dataset.page);
    const step = within(event.target, "button[data-step]");
    if (step) lectern.step(Number(step.dataset.step));
    const passage = within(event.target, "button[data-passage]");
    if (passage) lectern.seePassage(passage.dataset.passage);
  });

  document.addEventListener("toggle", (event) => event.target.id === "passages" && lectern.whole(event.target), true);

  document.addEventListener("change", (event) => {
    const box = within(event.target, "#detail input[data-right]");
    if (!box) return;
    const others = lectern.sources().filter((path) => path !== box.dataset.right);
    lectern.put("#right-sources", [...others, ...(box.checked ? [box.dataset.right] : [])].join("\n"));
    lectern.tick();
  });

  // Not by Gradio's own events: a box that is filled at once tells of no input, and a change may be the page's own.
  document.addEventListener(
    "input",
    (event) => {
      if (!within(event.target, "#reviewing")) return;
      if (within(event.target, "#reviewer")) {
        localStorage.setItem("lectern-reviewer", JSON.stringify({ reader: lectern.reads, name: event.target.value }));
        return;
      }
      const boxes = ["right-answer", "right-sources", "right-tags", "review-comment", "assignee"];
      const said = boxes.map((id) => document.querySelector(`#${id} textarea, #${id} input`)?.value ?? "");
      lectern.reviewing([document.querySelector("#verdict input:checked")?.value ?? "", ...said]);
      lectern.tick();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    const typing = within(event.target, "input:not([type=radio], [type=checkbox]), textarea, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("#turns")) return;
    if (event.key === "j" || event.key === "k") lectern.step(event.key === "j" ? 1 : -1);
    const form = event.key === "r" && document.querySelector("#reviewing #accept");
    if (form) {
      event.preventDefault();
      form.focus();
    }
  });

  new MutationObserver(() => document.querySelector("#turns") && lectern.arrive()).observe(document.documentElement, {
    childList: true,
    subtree: true,
  });
})();
