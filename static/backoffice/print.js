// The day list's own button; the browser's own command prints the same.
document.getElementById("print-list").addEventListener("click", () => window.print());
