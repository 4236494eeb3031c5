// Hides a detail again that was shown for a minute. The server does not send it after that, either.
"use strict";

for (const line of document.querySelectorAll("[data-hidden]")) {
  setTimeout(() => {
    line.textContent = line.dataset.hidden;
    line.nextElementSibling.textContent = "Hidden again";
  }, Number(line.dataset.for) * 1000);
}
