// A chat that goes on without loading the page: asks for what is new, sends, and says that somebody types.
// Both sides use it. Every page works without it.
const chat = document.querySelector("[data-chat]");
const form = chat.querySelector("form[data-say]");
const box = form?.querySelector("textarea");
const said = chat.querySelector("[data-said]");
const at = (name) => chat.querySelector(`[${name}]`);
const log = at("data-log");
let tag = "";
let waits = 0;
let asking = false;
let again = false;

const live = () => at("data-live");
// A tab that nobody looks at asks less often.
const every = () => Number(live().dataset.every) * (document.hidden ? 5 : 1);

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-live]");
  const lines = at("data-lines");
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const last = Number(live().dataset.since);
  for (const line of fresh.querySelectorAll("[data-lines] > li")) if (Number(line.dataset.n) > last) lines.append(line);
  for (const name of ["data-status", "data-typing"]) {
    const before = at(name);
    const now = fresh.querySelector(`[${name}]`);
    // Screen readers say again what is set again.
    if (before.textContent.trim() !== now.textContent.trim()) before.replaceChildren(...now.childNodes);
  }
  for (const name of ["since", "delivered", "every"]) live().dataset[name] = fresh.dataset[name];
  for (const mark of lines.querySelectorAll("[data-mark]")) {
    const text = mark.closest("[data-n]").dataset.n <= Number(fresh.dataset.delivered) ? "Delivered" : mark.textContent;
    if (mark.textContent !== text) mark.textContent = text;
  }
  if (near) log.scrollTop = log.scrollHeight;
}

async function ask() {
  clearTimeout(waits);
  if (asking) { again = true; return; }
  asking = true;
  let next = every();
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(`${chat.dataset.poll}?since=${live().dataset.since}`, { headers, cache: "no-store", redirect: "manual" });
    if (answer.ok) {
      show(await answer.text());
      tag = answer.headers.get("ETag") ?? "";
      next = every();
    } else if (answer.status === 404 || answer.type === "opaqueredirect") {
      // Nobody may see it here any more: the page itself says why.
      next = 0;
      said.textContent = chat.dataset.gone ?? "This chat can no longer be shown here. Copy what you typed, then load the page again.";
    } else if (answer.status !== 304) next = 15;
    if (said.dataset.offline) { said.textContent = ""; delete said.dataset.offline; }
  } catch {
    said.textContent = "We cannot be reached right now. What you typed is kept here, and we try again.";
    said.dataset.offline = "1";
    next = 10;
  }
  asking = false;
  if (again) { again = false; return ask(); }
  if (next) waits = setTimeout(ask, next * 1000);
}

async function send() {
  if (form.dataset.busy || !box.value.trim()) return box.focus();
  form.dataset.busy = "1";
  const typed = new FormData(form);
  try {
    const answer = await fetch(location.pathname, { method: "POST", body: new URLSearchParams(typed), headers: { Accept: "application/json" }, redirect: "manual" });
    const next = answer.ok && (await answer.json()).line;
    if (!next) return form.submit(); // the page says what is wrong; the same line is never stored twice
    form.elements.line.value = next;
    if (box.value === typed.get("words")) box.value = "";
    box.dispatchEvent(new Event("input", { bubbles: true })); // for the count of characters
    said.textContent = "";
    ask();
  } catch {
    said.textContent = "Not sent: we cannot be reached right now. Your text is still here. Send it again.";
  } finally {
    delete form.dataset.busy;
  }
  box.focus();
}

if (form) {
  let told = 0;
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "do") return; // a text to put in
    event.preventDefault();
    send();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  // What is kept when the session ends is what was typed, and not an empty box.
  const keep = () => form.toggleAttribute("data-keep", box.value.trim() !== "");
  keep();
  box.addEventListener("input", () => {
    keep();
    if (!box.value || Date.now() - told < Number(chat.dataset.typingEvery) * 1000) return;
    told = Date.now();
    const token = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    fetch(chat.dataset.typingAt, { method: "POST", body: token, redirect: "manual" }).catch(() => {});
  });
}
for (const one of chat.querySelectorAll("[data-without-script]")) one.hidden = true;
for (const one of chat.querySelectorAll("[data-with-script]")) one.hidden = false;
// The newest line stands above the box to write in, however long the chat is.
log.classList.add("chat__log--scrolls");
log.tabIndex = 0;
log.scrollTop = log.scrollHeight;
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
waits = setTimeout(ask, every() * 1000);
