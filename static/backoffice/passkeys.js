// Says on the page why the browser gave no passkey: the library would write it to the console alone. And Enter in a
// field asks for the passkey, as the button does: without one there is nothing to send.
"use strict";

(() => {
  const told = document.getElementById("passkey_told");
  const reasons = {
    NotAllowedError: "refused", // cancelled, timed out, or nothing there that would do; browsers do not say which
    AbortError: "refused",
    ConstraintError: "refused",
    NotSupportedError: "refused",
    InvalidStateError: "there",
    OperationError: "busy",
    SecurityError: "place",
  };

  document.addEventListener("click", () => {
    told.hidden = true;
  }, true);
  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-passkey]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const reason = window.PublicKeyCredential ? reasons[event.detail.exception.name] : "place";
    told.textContent = told.dataset[reason] || told.dataset.failed;
    told.hidden = false;
  });
})();
