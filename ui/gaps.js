// What Gradio's own parts lack: names and states for who cannot see them, one vote for two quick clicks, a question
// before turns are dropped, one notice of a lost connection, a draft that outlives the server, and a lost stream.
(() => {
  const within = (target, wanted) => (target instanceof Element ? target.closest(wanted) : null);
  const DOUBLE_CLICK_MS = 700;
  let voted = { at: -Infinity, on: "" };
  const nameOf = (button) => button.getAttribute("aria-label") || button.title;
  const before = (button, rows) =>
    [...document.querySelectorAll(rows)].filter((row) => row.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING);

  // A double click gives a vote and takes it back, while the server hears of the first alone.
  function isSecondClick(event) {
    const button = within(event.target, "#chat button");
    const vote = button && /^(like|dislike)d?$/i.exec(nameOf(button))?.[1];
    if (!vote) return false;
    const on = `${vote.toLowerCase()} ${before(button, "#chat .message-row").length}`;
    const isSecond = voted.on === on && event.timeStamp - voted.at < DOUBLE_CLICK_MS;
    voted = { at: event.timeStamp, on };
    return isSecond;
  }

  // Editing, retrying or taking back a question in the middle leaves out what was said after it.
  function dropsMore(event) {
    const button = within(event.target, "#chat button");
    if (!button || !["Submit", "Retry", "Undo"].includes(nameOf(button))) return false;
    const rows = "#chat .user-row";
    const later = document.querySelectorAll(rows).length - before(button, rows).length;
    const named = later === 1 ? "the turn after it" : `the ${later} turns after it`;
    return later > 0 && !confirm(`This leaves ${named} out of the conversation. Go on?`);
  }

  document.addEventListener(
    "click",
    (event) => {
      if (!isSecondClick(event) && !dropsMore(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  // Not by Gradio's own event, which waits for the server.
  document.addEventListener(
    "input",
    (event) => within(event.target, "#question") && lectern.drafted(event.target.value),
    true,
  );

  // Gradio leaves some of its buttons without a name; a screen reader needs one.
  function nameButtons() {
    document.documentElement.lang ||= "en";
    for (const list of document.querySelectorAll(".examples[role=list]")) list.setAttribute("role", "group");
    for (const button of document.querySelectorAll("button:not([aria-label])")) {
      if (!button.textContent.trim()) button.setAttribute("aria-label", button.title || "Button");
    }
  }
  // A step is a button in which another stands, without a name: the outer one folds, and says whether it is open.
  function nameSteps() {
    for (const step of document.querySelectorAll("#chat .thought-group > [role=button]")) {
      for (const inner of step.querySelectorAll("button:not([inert])")) inner.inert = true;
      const isOpen = String(step.nextElementSibling !== null);
      if (step.getAttribute("aria-expanded") !== isOpen) step.setAttribute("aria-expanded", isOpen);
    }
  }
  // What takes one of several choices back is named by Gradio after its number, from 0.
  function nameChoices() {
    for (const choice of document.querySelectorAll(".token")) {
      const [name, button] = [`Leave out ${choice.textContent.trim()}`, choice.querySelector("[role=button]")];
      if (!button || button.getAttribute("aria-label") === name) continue;
      button.setAttribute("aria-label", name);
      button.title = name;
    }
  }
  // The page says by itself that the connection is lost: Gradio's own notice would stand over it.
  function hideToasts() {
    for (const toast of document.querySelectorAll("[data-testid=toast-body]:not([hidden])")) {
      if (!toast.textContent.includes("Connection to the server was lost")) continue;
      toast.hidden = true;
      toast.style.display = "none";
      lectern.reach();
    }
  }
  // A page that could not read one piece of a stream reads no other, and says Stop for ever: once the server has told
  // for some time that nothing is under way, the conversation is read anew.
  const ASK_EVERY_MS = 2000;
  const SURE_AFTER = 5;
  let over = 0;
  setInterval(async () => {
    const conversation = new URLSearchParams(location.search).get("c");
    if (!conversation || !document.querySelector("#question .stop-button")) {
      over = 0;
      return;
    }
    try {
      const address = `conversations/${encodeURIComponent(conversation)}/live`;
      const reply = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (reply.ok) over = (await reply.json()).live ? 0 : over + 1;
    } catch {
      over = 0; // the connection is lost, and that is told
    }
    if (over >= SURE_AFTER) location.reload();
  }, ASK_EVERY_MS);
  new MutationObserver(() => {
    nameButtons();
    nameSteps();
    nameChoices();
    hideToasts();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
