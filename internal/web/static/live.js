// Makes the page fresh by itself. An event carries no content: it says that
// something changed, and the page is asked for again as the reader would ask
// for it. Without this script everything works by reloading.
"use strict";
(() => {
  const at = document.documentElement.dataset.live;
  if (!at || !window.EventSource) return;
  let busy = false, again = "";

  async function refresh(what) {
    if (busy) { again = again === "live" ? again : what; return; }
    busy = true;
    try {
      const address = what === "beat" ? at.replace(/live$/, "clock") : location.href;
      const answer = await fetch(address, { headers: { "X-Desk-Refresh": "1" }, redirect: "error", cache: "no-store" });
      if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"), what);
      else if (answer.status === 404 && what === "live") location.reload(); // locked meanwhile
    } catch { /* the desk is gone or busy; the next event tries again */ }
    setTimeout(() => { // at most twice a second, however much happens
      busy = false;
      if (again) { const next = again; again = ""; refresh(next); }
    }, 500);
  }

  function put(fresh, what) {
    for (const old of document.querySelectorAll(what === "beat" ? "[data-beat]" : "[data-beat],[data-live]")) {
      const now = old.id && fresh.getElementById(old.id);
      // What the reader is in is left alone: nothing jumps under a finger.
      if (now && now.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) old.replaceChildren(...now.childNodes);
    }
  }

  const source = new EventSource(at);
  // "hello" comes on every (re)connection: what changed meanwhile is fetched.
  source.addEventListener("hello", () => refresh("live"));
  source.addEventListener("change", () => refresh("live"));
  source.addEventListener("beat", () => refresh("beat"));
  addEventListener("pagehide", () => source.close());
  addEventListener("gone", () => source.close());
})();
