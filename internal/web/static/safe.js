// Takes what the desk shows off the screen: when nobody has used the page for a
// while, and at once when Escape is pressed three times. And, on a phone, holds
// a form until the desk answers. It keeps nothing: a form that is held is the
// page itself, and is gone with it. Without this script the button locks, a page
// that stays open gives way to an empty one, and a form is sent again by hand.
"use strict";
(() => {
  const html = document.documentElement, away = 1000 * Number(html.dataset.away || 0);
  const part = name => document.getElementById("cover")?.content.querySelector(name)?.cloneNode(true) ?? "";
  const pause = ms => new Promise(done => setTimeout(done, ms));
  let last = Date.now(), over = null, escapes = [];

  function cover() {
    if (over || !away) return;
    const hidden = [...document.body.children].filter(e => !e.hidden);
    for (const e of hidden) e.hidden = true;
    over = part("main");
    document.body.append(over);
    over.querySelector("button").addEventListener("click", () => {
      over.remove();
      for (const e of hidden) e.hidden = false;
      over = null;
      last = Date.now();
    });
    over.querySelector("button").focus();
  }

  async function panic() {
    const form = document.querySelector("form[data-panic]");
    if (!form) return;
    const to = form.action, body = new URLSearchParams(new FormData(form));
    over = part("[data-done]");
    document.body.replaceChildren(over);
    dispatchEvent(new Event("gone"));
    for (let n = 0; n < 100; n++) { // the same form: it is done once, however often it comes
      try {
        await fetch(to, { method: "POST", body, keepalive: true, redirect: "manual", cache: "no-store" });
        over.textContent = over.dataset.done;
        return;
      } catch { await pause(3000); }
    }
  }

  const used = () => { if (!over) last = Date.now(); };
  const look = () => { if (away && Date.now() - last >= away) cover(); };
  for (const what of ["pointerdown", "pointermove", "keydown", "scroll", "input"]) addEventListener(what, used, { passive: true, capture: true });
  document.addEventListener("visibilitychange", look);
  setInterval(look, 5000);
  addEventListener("keydown", e => {
    const now = Date.now();
    escapes = e.key === "Escape" ? [...escapes.filter(t => now - t < 1500), now] : [];
    if (escapes.length >= 3) panic();
  });

  async function answers() {
    try {
      await fetch(html.dataset.phone + "/here", { redirect: "error", cache: "no-store", signal: AbortSignal.timeout(8000) });
      return true; // also where it refuses: the page that follows says so
    } catch { return false; }
  }

  if (html.dataset.phone) addEventListener("submit", async e => {
    const form = e.target, by = e.submitter;
    if (form.method !== "post" || form.dataset.sure) return;
    e.preventDefault();
    if (form.dataset.held) return;
    form.dataset.held = "1";
    let bar = null, stop = false;
    while (!stop && !await answers()) {
      if (!bar) {
        bar = part("div");
        form.append(bar);
        bar.querySelector("button").addEventListener("click", () => { stop = true; bar.remove(); });
        bar.scrollIntoView({ block: "nearest" });
      }
      await pause(3000);
    }
    delete form.dataset.held;
    bar?.remove();
    if (stop || !form.isConnected) return;
    form.dataset.sure = "1";
    form.requestSubmit(by);
    setTimeout(() => delete form.dataset.sure, 0);
  });
})();
