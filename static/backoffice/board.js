// The check-in board: a step is sent without leaving the page, and what others do appears by itself.
"use strict";

(() => {
  const POLL = 30_000;
  let busy = false;

  const board = () => document.getElementById("board");

  function show(html, focused) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("board");
    if (!fresh) return false;
    const unfolded = board().querySelector("details")?.open;
    board().replaceWith(document.adoptNode(fresh));
    if (unfolded) board().querySelector("details")?.setAttribute("open", "");
    if (focused) document.querySelector(`#${focused} button, #${focused} a`)?.focus();
    return true;
  }

  async function refresh() {
    if (busy || document.visibilityState !== "visible" || board().contains(document.activeElement)) return;
    const answer = await fetch(board().dataset.url, {
      credentials: "same-origin",
      redirect: "manual",
      headers: { "X-Poll": "1" },
    });
    if (answer.ok) show(await answer.text());
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.closest("#board")) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    const row = form.closest("tr").id;
    const body = new URLSearchParams(new FormData(form));
    body.set("next", board().dataset.url);
    try {
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
      // What has a question of its own is asked on its page.
      if (!answer.ok || !show(await answer.text(), row)) location.assign(form.action);
    } catch {
      form.submit();
    } finally {
      busy = false;
    }
  });

  setInterval(() => refresh().catch(() => {}), POLL);
})();
