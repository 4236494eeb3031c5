// Small conveniences; every page works without them.
"use strict";

// After a form came back with errors, start reading there.
document.querySelector("[data-focus]")?.focus();

// The portal and the help show times by the clock of their place, and by the reader's own where it differs.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `time_zone=${zone}; Path=/; SameSite=Lax${secure}`;
}

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

// A second click would send a form a second time. The button keeps its focus and its value: it is not disabled, and only
// says so. When the page is shown again without being loaded (Back), or nothing came of it, it can be sent again.
const AGAIN_AFTER = 10_000;

function allow(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[type=submit][aria-disabled]")) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-disabled", "true");
  setTimeout(allow, AGAIN_AFTER, form);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(allow);
});

// A password left visible would be offered by the browser as a suggestion in other boxes.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll(".usa-show-password")) {
    document.getElementById(button.getAttribute("aria-controls")).type = "password";
  }
});
