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

  // The two boxes narrow each other: who offers the chosen service, and what the chosen specialist offers.
  const $ = window.django?.jQuery;
  const offers = JSON.parse(document.getElementById("offers")?.textContent || "{}");
  const service = form.elements.service;
  const specialist = form.elements.specialist;

  function narrow() {
    const named = offers[service.value];
    for (const option of specialist.options) {
      const fits = !named || !option.value || option.selected || named.includes(Number(option.value));
      option.hidden = option.disabled = !fits;
    }
  }

  // What must be known of a patient is told as soon as they are chosen; the answer for an earlier choice is dropped.
  const alerts = document.getElementById("alerts");
  async function tellAlerts() {
    const chosen = form.elements.patient.value;
    alerts.replaceChildren();
    if (!chosen) return;
    const answer = await fetch(`${alerts.dataset.url}?patient=${encodeURIComponent(chosen)}`);
    if (answer.ok && !answer.redirected && form.elements.patient.value === chosen) {
      alerts.innerHTML = await answer.text();
    }
  }

  if ($ && service && specialist) {
    $(form.elements.patient).on("change", tellAlerts);
    $(service).on("change", narrow);
    narrow();
    $.ajaxPrefilter((options) => {
      if (!/field_name=service\b/.test(`${options.url}&${options.data || ""}`) || !specialist.value) return;
      options.url += `${options.url.includes("?") ? "&" : "?"}offered_by=${encodeURIComponent(specialist.value)}`;
    });
    // Whoever opens the page types the patient at once; what was looked for has the focus itself.
    const patient = form.elements.patient;
    if (patient && !patient.value && !form.querySelector("[data-result], [autofocus]")) {
      const focus = () => {
        if (document.activeElement !== document.body) return;
        document.querySelector("#id_patient + .select2 .select2-selection")?.focus();
      };
      // The theme makes its boxes anew once the page is there, and the focus is gone with the old one.
      const again = new MutationObserver(focus);
      again.observe(patient.parentElement, { childList: true });
      for (const name of ["keydown", "pointerdown"]) {
        document.addEventListener(name, () => again.disconnect(), { once: true, capture: true });
      }
      window.addEventListener("load", focus);
      focus();
    }
  }
})();
