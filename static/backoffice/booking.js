// Looking for free times is a question: it goes into the address, so that Back works and it can be shared.
// Notes stay out of addresses: once some are typed, looking is sent as a form.
"use strict";

(() => {
  const form = document.querySelector("form[data-looks]");
  if (!form) return;
  let asks = false;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=look]");
    if (!button || button.form !== form) return;
    asks = !form.elements.notes?.value.trim();
    if (asks) button.setAttribute("formmethod", "get");
    else button.removeAttribute("formmethod");
  }, true);

  form.addEventListener("formdata", (event) => {
    if (!asks) return;
    for (const [name, value] of [...event.formData.entries()]) {
      if (name === "csrfmiddlewaretoken" || value === "") event.formData.delete(name);
    }
    asks = false;
  });
})();
