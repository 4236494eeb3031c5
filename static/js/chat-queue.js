// Keeps the queue of chats up to date. The page works without it, by loading it again.
const page = document.querySelector("[data-asks]");

async function look() {
  let next = Number(page.dataset.every) * (document.hidden ? 5 : 1);
  try {
    const answer = await fetch(page.dataset.asks, { cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect") return; // signed out: the session's own script leads on
    if (answer.ok) show(await answer.text());
  } catch {
    next = 30;
  }
  setTimeout(look, next * 1000);
}

// What has the focus keeps it.
function show(html) {
  const before = document.querySelector("[data-queue]");
  const now = new DOMParser().parseFromString(html, "text/html").querySelector("[data-queue]");
  if (before.innerHTML === now.innerHTML) return;
  const focused = before.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  before.replaceWith(now);
  if (focused) now.querySelector(`a[href="${focused}"]`)?.focus();
}

setTimeout(look, Number(page.dataset.every) * 1000);
