// Hides a detail again that was shown for a minute. The server does not send it after that, either.
"use strict";

for (const line of document.querySelectorAll("[data-hidden]")) {
  const ends = Date.now() + Number(line.dataset.for) * 1000;
  const hide = () => {
    if (Date.now() < ends) return;
    line.textContent = line.dataset.hidden;
    const [shown, button] = line.parentElement.querySelectorAll(".lines__act");
    shown.hidden = Boolean(button);
    if (button) button.hidden = false;
    else shown.textContent = "Hidden again";
  };
  // A timer stands still while the computer sleeps, and on a page that the browser keeps to go back to.
  setTimeout(hide, Number(line.dataset.for) * 1000 + 50);
  addEventListener("pageshow", hide);
  document.addEventListener("visibilitychange", hide);
}
