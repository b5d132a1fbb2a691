// A session that ended while somebody typed: before a form is sent it is asked for, and sign-in opens over the form.
// Nothing is kept in the browser's storage: desks share computers.
"use strict";

(() => {
  const told = document.getElementById("bo-session");
  if (!told) return;

  async function session() {
    const answer = await fetch(told.dataset.url, { headers: { "X-Poll": "1" }, credentials: "same-origin", cache: "no-store" });
    return answer.json();
  }

  function stands(now) {
    return String(now.user) === told.dataset.user;
  }

  function send(form, submitter, token) {
    // Signing in, here or in another tab, has given out a new token.
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    form.dataset.checked = "1";
    form.requestSubmit(submitter);
  }

  async function signIn(dialog, problem) {
    const before = await session();
    if (stands(before)) return before;
    const data = new FormData(dialog.querySelector("form"));
    data.set("csrfmiddlewaretoken", before.token);
    data.set("next", told.dataset.url);
    const answer = await fetch(told.dataset.signIn, { method: "POST", body: data, credentials: "same-origin" });
    if (answer.status === 429) return problem("wait");
    const now = await session();
    if (now.user === null) return problem(answer.url.endsWith("/account/code/") ? "second" : "wrong");
    return stands(now) ? now : problem("other");
  }

  function ask(form, submitter, now) {
    const dialog = document.body.appendChild(told.content.querySelector("dialog").cloneNode(true));
    const alert = dialog.querySelector("[role=alert]");
    const problem = (name) => {
      alert.textContent = alert.dataset[name];
      alert.hidden = false;
    };
    if (now.user !== null) problem("other");
    dialog.addEventListener("close", () => dialog.remove());
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const signed = await signIn(dialog, problem);
        if (!signed) return;
        dialog.close();
        send(form, submitter, signed.token);
      } catch {
        problem("wrong");
      }
    });
    dialog.showModal();
    dialog.querySelector("[type=password]").focus();
  }

  document.addEventListener(
    "submit",
    async (event) => {
      const { target: form, submitter } = event;
      const method = submitter?.getAttribute("formmethod") || form.getAttribute("method") || "get";
      if (method.toLowerCase() !== "post") return;
      if (form.dataset.checked) {
        delete form.dataset.checked;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (form.dataset.asking) return;
      form.dataset.asking = "1";
      try {
        const now = await session();
        if (stands(now)) send(form, submitter, now.token);
        else ask(form, submitter, now);
      } catch {
        // Without an answer the form goes its ordinary way.
        form.dataset.checked = "1";
        form.requestSubmit(submitter);
      } finally {
        delete form.dataset.asking;
      }
    },
    true,
  );
})();
