// What the browser does by itself: opens a source beside the chat, keeps the address of a conversation, keys, what is half written, and
// says when the server cannot be reached. No text from outside is put into the page here but what the server made safe.
window.lectern = {
  named(conversation) {
    const address = conversation ? `?c=${encodeURIComponent(conversation)}` : location.pathname;
    if (location.search !== address && !(location.search === "" && !conversation)) {
      history.replaceState(null, "", address);
    }
    return [];
  },
  sureToRemove(...given) {
    const shown = [...document.querySelectorAll("#chunks [data-document]")].find((e) => e.dataset.document === given[0]);
    const name = shown?.textContent ?? document.querySelector("#chosen input")?.value;
    if (given[0] && !confirm(`Remove “${name}” from the library?`)) throw new Error("not removed");
    return given;
  },
  sureToRemoveSeveral(...given) {
    const names = [...document.querySelectorAll("#several .token")].map((token) => token.textContent.trim());
    const count = given[0]?.length ?? 0;
    const shown = names.slice(0, 20).map((name) => `\n• ${name}`);
    const more = count > shown.length ? `\n… and ${count - shown.length} more` : "";
    const what = count === 1 ? "this document" : `these ${count.toLocaleString("en")} documents`;
    if (count && !confirm(`Remove ${what} from the library?${shown.join("")}${more}`)) throw new Error("not removed");
    return given;
  },
  sureToRemoveUnread() {
    const asked = document.querySelector("#remove-unread")?.textContent.trim();
    if (!confirm(`${asked}? What can be answered from stays.`)) throw new Error("not removed");
    return [];
  },
  showSource(wanted) {
    const card = document.querySelector(`#sources #source-${/ (\d+) /.exec(wanted)?.[1]}`);
    if (card) {
      card.open = true;
      card.classList.add("lectern-chosen");
      // The place itself, a page or a cell, stands above the text: then the card is seen from its head on.
      const place = card.querySelector(".lectern-page[open] img, .lectern-cell");
      card.querySelectorAll(".lectern-passage, .lectern-cell pre").forEach(lectern.seeMark);
      lectern.bring(place ? card : (card.querySelector("mark") ?? card), place ? "start" : "center");
      card.querySelector("summary")?.focus({ preventScroll: true });
      lectern.wayBack(wanted);
    }
    return [];
  },
  // Where the sources scroll beside the chat they alone are moved, and what heads the page stays in view.
  bring(part, block) {
    const panel = part.closest("#beside > .block");
    if (!panel || getComputedStyle(panel).overflowY !== "auto") {
      part.scrollIntoView({ block, behavior: "smooth" });
      return;
    }
    const gap = part.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    const above = block === "center" ? Math.max(0, (panel.clientHeight - part.offsetHeight) / 2) : 0;
    panel.scrollTo({ top: panel.scrollTop + gap - above, behavior: "smooth" });
  },
  // What unfolds at the lower edge is brought into view as it grows, until its reader does something else.
  seeUnfold(part, see = () => part.scrollIntoView({ block: "nearest", behavior: "smooth" })) {
    lectern.unfolding?.disconnect();
    lectern.unfolding = new ResizeObserver(see);
    lectern.unfolding.observe(part);
  },
  // A long passage or cell scrolls by itself: to its quote, and nothing else with it.
  seeMark(part) {
    const mark = part.querySelector("mark");
    if (mark) part.scrollTop = Math.max(0, mark.offsetTop - part.offsetTop - 40);
  },
  // On a phone the sources are below the answer: the way back leads to the marker that was chosen.
  wayBack(wanted) {
    document.querySelector(".lectern-return")?.remove();
    const [turn, marker] = wanted.split(" ");
    const chosen = () => document.querySelector(`#chat a[href$='turns/${turn}#source-${marker}']`);
    const back = document.createElement("button");
    back.type = "button";
    back.className = "lectern-return";
    back.textContent = "Back to the answer";
    back.addEventListener("click", () => {
      const link = chosen() ?? document.querySelector("#chat");
      link.scrollIntoView({ block: "center", behavior: "smooth" });
      link.focus({ preventScroll: true });
      back.remove();
    });
    document.querySelector("#sources").after(back);
  },
  showOlder(wanted) {
    const links = document.querySelectorAll("#conversations li a");
    const first = links[Math.max(0, (parseInt(wanted, 10) || 0) - 100)];
    first?.focus();
    return [];
  },
  // The document unfolds meanwhile: what was found in it is seen as soon as it is there.
  seeDocument() {
    const one = document.querySelector("#one");
    if (!one) return [];
    lectern.seeUnfold(one, () => {
      const found = document.querySelector("#chunks .lectern-hit")?.closest("tr");
      (found ?? one).scrollIntoView({ block: found ? "center" : "start", behavior: "smooth" });
    });
    return [];
  },
  // Asks for a list anew, where an event is one of those that it is made again for.
  now() {
    return [String(performance.now())];
  },
  put(selector, value) {
    const box = document.querySelector(`${selector} textarea, ${selector} input`);
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, value);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  },
  // What is half written stays with its tab, whatever becomes of the page: a reload, another conversation, a restart.
  drafted(text) {
    if (lectern.reader !== undefined) {
      sessionStorage.setItem("lectern-draft", JSON.stringify({ reader: lectern.reader, text: text ?? "" }));
    }
    return [];
  },
  // Where to look is a habit of its reader: it stays with the browser, for the next conversation too.
  chose(way) {
    if (lectern.reader !== undefined) localStorage.setItem("lectern-way", JSON.stringify({ reader: lectern.reader, way }));
    return [];
  },
  sure(...given) {
    if (!confirm("Delete this conversation for good?")) throw new Error("not deleted");
    return given;
  },
};
(() => {
  const within = (target, wanted) => (target instanceof Element ? target.closest(wanted) : null);

  document.addEventListener(
    "click",
    (event) => {
      const link = within(event.target, "#chat a[href*='turns/']");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      const [, turn, marker] = /turns\/(\w+)#source-(\d+)/.exec(link.getAttribute("href")) ?? [];
      // One marker stands behind several sentences, each from its own page: which of them was chosen.
      const alike = [...document.querySelectorAll(`#chat a[href$='turns/${turn}#source-${marker}']`)];
      if (turn) lectern.put("#wanted", `${turn} ${marker} ${alike.indexOf(link)} ${Date.now()}`);
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const older = within(event.target, "button[data-older]");
    if (older) lectern.put("#older", `${older.dataset.older} ${Date.now()}`);
    const fold = within(event.target, "#past-fold button");
    if (fold) fold.setAttribute("aria-expanded", String(fold.getAttribute("aria-expanded") !== "true"));
    const again = within(event.target, "button[data-again]");
    if (again) lectern.put("#retry", `${again.dataset.again} ${Date.now()}`);
    const bar = within(event.target, "button.label-wrap");
    if (bar && event.isTrusted) lectern.seeUnfold(bar.parentElement);
    const look = within(event.target, "button[data-look]");
    if (look) lectern.put("#look", `${look.dataset.look} ${Date.now()}`);
  });

  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(kind, () => lectern.unfolding?.disconnect(), { capture: true, passive: true });
  }

  // A folder's files keep the way to them in their names: two subfolders may each have a notes.md.
  document.addEventListener(
    "change",
    (event) => {
      const input = within(event.target, "#folder input[type=file]");
      const chosen = [...(input?.files ?? [])];
      if (!chosen.some((file) => file.webkitRelativePath)) return;
      event.stopImmediatePropagation();
      const named = new DataTransfer();
      for (const file of chosen) {
        const path = file.webkitRelativePath;
        const hidden = path.split("/").some((part) => part.startsWith("."));
        if (!hidden) named.items.add(new File([file], path, { type: file.type, lastModified: file.lastModified }));
      }
      input.files = named.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
    true,
  );

  // The file of a page may be gone since it was cited: then there is no picture.
  document.addEventListener("error", (event) => within(event.target, ".lectern-page img")?.parentElement.remove(), true);

  document.addEventListener("keydown", (event) => {
    const typing = within(event.target, "input, textarea, [contenteditable]");
    if (event.key === "Escape") document.querySelector("#question button.stop-button, #question .stop-button")?.click();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const go = { "/": "#question textarea", s: "#sources-title" }[event.key];
    const target = go && document.querySelector(go);
    if (target) {
      event.preventDefault();
      target.focus();
    }
    if (event.key === "n" && document.querySelector("#question")) location.href = "./";
    if (event.key === "?") location.href = "./help";
  });

  // A lost connection is said, and mended: what was answered meanwhile is on the server, so the page is read anew. Not
  // where that would wipe what is half done on it; the chat alone keeps its draft.
  let lost = null;
  const touched = new Set();
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => event.isTrusted && touched.add(event.target), true);
  }
  function isAtWork() {
    if (document.querySelector("#question")) return false;
    const isFilled = (part) => part.isConnected && (part.type === "radio" || part.type === "file" || Boolean(part.value));
    return Boolean(document.querySelector("#detail .lectern-said")) || [...touched].some(isFilled);
  }
  function found() {
    lost.textContent = "The connection is back. What stands here was kept; what came meanwhile is seen after ";
    const anew = document.createElement("button");
    anew.type = "button";
    anew.textContent = "reading the page anew";
    anew.addEventListener("click", () => location.reload());
    lost.append(anew, ".");
    lost.classList.add("lectern-found");
    lost = null;
  }
  let isAsking = false;
  let asked = 0;
  const answering = () => Boolean(document.querySelector("#question .stop-button"));
  async function reach() {
    if (isAsking) return;
    isAsking = true;
    asked = performance.now();
    try {
      const reply = await fetch("healthz", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (!reply.ok) throw new Error(String(reply.status));
      if (lost && isAtWork()) found();
      else if (lost) location.reload();
    } catch (problem) {
      // While answers stream in many tabs, a request may wait long for a connection of the browser's own few.
      const isBusy = problem.name === "TimeoutError" && answering() && !lost;
      if (!lost && !isBusy) {
        document.querySelector(".lectern-found")?.remove();
        lost = document.createElement("p");
        lost.className = "lectern-lost";
        lost.setAttribute("role", "alert");
        lost.textContent = "The connection to Lectern is lost. Trying again …";
        document.body.prepend(lost);
      }
    }
    isAsking = false;
  }
  lectern.reach = reach;
  window.addEventListener("offline", reach);
  // Sooner where somebody waits for an answer.
  setInterval(() => performance.now() - asked >= (lost || answering() ? 1000 : 8000) && reach(), 500);

  // The draft, and where to look, are put back once it is known who reads the page, for another may have signed in since.
  function restoreDraft() {
    const reader = document.querySelector(".lectern-head[data-reader]")?.dataset.reader;
    const box = document.querySelector("#question textarea");
    if (lectern.reader !== undefined || reader === undefined || !box) return;
    lectern.reader = reader;
    const kept = JSON.parse(sessionStorage.getItem("lectern-draft") ?? "{}");
    if (box.value) lectern.drafted(box.value);
    else if (kept.text && kept.reader === reader) lectern.put("#question", kept.text);
    else sessionStorage.removeItem("lectern-draft");
    const way = JSON.parse(localStorage.getItem("lectern-way") ?? "{}");
    const radio = way.reader === reader && document.querySelector(`#way input[value="${CSS.escape(way.way)}"]`);
    if (radio && !radio.checked) radio.click();
  }

  // On a phone a long list is folded until it is asked for, by a touch or by a search in it.
  function foldLists() {
    for (const list of document.querySelectorAll("details.lectern-fold:not([data-seen])")) {
      list.dataset.seen = "1";
      if (innerWidth <= 700 && !document.querySelector("#find-document textarea, #find-document input")?.value) list.open = false;
    }
  }
  // So is adding, once, where there is a list to be seen below it.
  function foldAdding() {
    const bar = document.querySelector("#adding > button.label-wrap:not([data-seen])");
    if (!bar || !document.querySelector("#documents details.lectern-fold")) return;
    bar.dataset.seen = "1";
    if (innerWidth <= 700) bar.click();
  }
  new MutationObserver(() => {
    foldLists();
    foldAdding();
    restoreDraft();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
