// Writes each time of a page in the words and the zone of its reader; what it is in UTC is its title. Without it the text
// stands as it came, and says UTC. As exact as that text: to the day, the minute or the second.
(() => {
  const day = { year: "numeric", month: "short", day: "numeric" };
  const minute = { ...day, hour: "2-digit", minute: "2-digit" };
  const exact = { 0: day, 1: minute, 2: { ...minute, second: "2-digit" } };
  function write() {
    for (const time of document.querySelectorAll("time[datetime$='Z']:not([title])")) {
      const at = new Date(time.dateTime);
      const colons = time.textContent.split(":").length - 1;
      time.title = `${time.dateTime.slice(0, -1).replace("T", " ")} UTC`;
      if (!Number.isNaN(at.getTime())) time.textContent = new Intl.DateTimeFormat(undefined, exact[colons]).format(at);
    }
  }
  new MutationObserver(write).observe(document.documentElement, { childList: true, subtree: true });
  write();
})();
