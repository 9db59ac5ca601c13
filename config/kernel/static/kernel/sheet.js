// Sheets are printed from the browser; the policy of the pages allows no script inside them.
document.querySelector("[data-print]").addEventListener("click", () => window.print());
