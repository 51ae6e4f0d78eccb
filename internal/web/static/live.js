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
      // What the reader is in is left alone: nothing jumps under a finger, and
      // nothing is lost that was typed.
      if (!now || old.contains(document.activeElement) || [...old.querySelectorAll("input,textarea")].some(typed)) continue;
      unfold(now, old);
      if (now.innerHTML !== old.innerHTML) old.replaceChildren(...now.childNodes);
    }
  }

  const typed = e => e.type !== "hidden" && "defaultValue" in e && (e.value !== e.defaultValue || e.checked !== e.defaultChecked);

  // What the reader folded or unfolded stays so, until the desk itself comes to
  // show that fold otherwise.
  const said = new Map(); // how the desk showed each fold
  const folds = within => within.querySelectorAll("details[data-fold]");
  for (const d of folds(document)) said.set(d.dataset.fold, d.open);

  function unfold(now, old) {
    const were = new Map([...folds(old)].map(d => [d.dataset.fold, d.open]));
    for (const d of folds(now)) {
      const name = d.dataset.fold, shown = d.open;
      if (were.has(name) && said.get(name) === shown) d.open = were.get(name);
      said.set(name, shown);
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
