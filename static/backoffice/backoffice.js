// What the theme leaves without a name, or names by the letters of an icon, gets the name that people see.
"use strict";

// Else it writes a style sheet into the page, which the content security policy refuses.
if (window.htmx) window.htmx.config.includeIndicatorStyles = false;

// select2 draws a combobox of its own; it takes the name of the field's label.
function nameSearchBoxes() {
  for (const box of document.querySelectorAll(".select2-selection:not([aria-label])")) {
    const select = box.closest(".select2")?.previousElementSibling;
    const label = select && (select.getAttribute("aria-label") || select.labels?.[0]?.textContent);
    if (!label) continue;
    const name = label.replace(/[*:\s]+$/, "").trim();
    for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) {
      part.setAttribute("aria-label", name);
      part.removeAttribute("aria-labelledby");
    }
  }
}

// An icon is a word in a font of icons: beside a text it is not read out.
function hideIcons() {
  for (const icon of document.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) {
    const owner = icon.closest("a, button");
    if (owner && (owner.hasAttribute("aria-label") || owner.textContent.trim() !== icon.textContent.trim())) {
      icon.setAttribute("aria-hidden", "true");
    }
  }
}

function name() {
  nameSearchBoxes();
  hideIcons();
}

// The theme shows its pages late, after the browser has looked for what to focus.
function focusWhatIsNext() {
  if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
}

document.addEventListener("DOMContentLoaded", () => {
  name();
  focusWhatIsNext();
  document.querySelector("[data-result]")?.scrollIntoView({ block: "start" });
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
});
