// Small conveniences; every page works without them.
"use strict";

// After a form came back with errors, start reading there.
document.querySelector("[data-focus]")?.focus();

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-print], [data-copy]");
  if (!button) return;
  if (button.matches("[data-print]")) return window.print();
  const shown = document.querySelector(button.dataset.copy).innerText.trim();
  // A key is shown in groups, to be read. Some apps do not accept the blanks between them.
  const text = "copyJoined" in button.dataset ? shown.replaceAll(/\s+/g, "") : shown;
  const says = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Could not copy. Please select the text instead.";
  }
  setTimeout(() => { button.textContent = says; }, 4000);
});

// A password left visible would be offered by the browser as a suggestion in other boxes.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll(".usa-show-password")) {
    document.getElementById(button.getAttribute("aria-controls")).type = "password";
  }
});
