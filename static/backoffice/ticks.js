// One box ticks all others of its form that can be ticked.
"use strict";

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-tick-all]")) return;
  for (const box of event.target.form.querySelectorAll("input[name=_selected_action]:not(:disabled)")) {
    box.checked = event.target.checked;
  }
});
