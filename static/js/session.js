// Says in good time that the session is about to end, and lets the person stay.
// The server's clock counts: before the warning shows, and before the end, the server is asked.
"use strict";

const dialog = document.getElementById("session");
const warning = Number(dialog.dataset.warning);
const countdown = dialog.querySelector("[data-countdown]");
const spoken = dialog.querySelector("[data-spoken]");
const form = dialog.querySelector("form");
const tabs = new BroadcastChannel(dialog.dataset.left);
let end = 0;
let asking = false;
let askAgain = 0;
let lastSaid = "";
let leaving = false;
// Whether a form holds what nobody has sent. The page says if something stood in it from the beginning.
let typed = "typed" in dialog.dataset;

const secondsLeft = () => Math.max(0, Math.round((end - Date.now()) / 1000));

function until(seconds, tell = true) {
  end = Date.now() + seconds * 1000;
  if (seconds > warning && dialog.open) dialog.close();
  if (tell) tabs.postMessage(seconds);
}

// After signing in again the person comes back to this page. Asked for twice, a slow page would start over each second.
function leave() {
  if (leaving) return;
  leaving = true;
  const here = encodeURIComponent(window.location.pathname + window.location.search);
  window.location.assign(`${dialog.dataset.signIn}&next=${here}`);
}

// What stands in a form that holds no secret is kept on the server before the end, and stands there again afterwards.
function keep() {
  const form = document.querySelector("form[data-keep]");
  if (!form || !typed) return;
  const sent = new FormData(form);
  // Files are not kept, and a request that outlives the page may not be as large as one.
  for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
  sent.append("kept_page", window.location.pathname);
  fetch(dialog.dataset.keep, { method: "POST", body: sent, redirect: "manual", keepalive: true }).catch(() => {});
}

// The seconds that the server gives us; 0 when the session is over, null when it cannot be reached.
async function ask(address, options = {}) {
  asking = true;
  try {
    const answer = await fetch(address, { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" }, ...options });
    return answer.ok ? (await answer.json()).seconds_left : answer.status >= 500 ? null : 0;
  } catch {
    return null;
  } finally {
    asking = false;
    askAgain = Date.now() + 10_000;
  }
}

function inWords(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  const words = [];
  if (minutes) words.push(`${minutes} minute${minutes === 1 ? "" : "s"}`);
  if (rest || !minutes) words.push(`${rest} second${rest === 1 ? "" : "s"}`);
  return words.join(" ");
}

// Screen readers hear every half minute, and the last ten seconds once, not every tick.
function say(seconds) {
  const step = seconds <= 10 ? 10 : Math.ceil(seconds / 30) * 30;
  const text = `You will be signed out in ${inWords(step)}.`;
  if (text !== lastSaid) spoken.textContent = lastSaid = text;
}

function show() {
  countdown.textContent = inWords(secondsLeft());
  say(secondsLeft());
  if (dialog.open) return;
  keep();
  dialog.showModal();
}

async function tick() {
  if (asking || secondsLeft() > warning) return;
  if (dialog.open && secondsLeft() > 0) return show();
  if (Date.now() > askAgain) {
    const before = end;
    const left = await ask(dialog.dataset.left);
    // What another tab said meanwhile is newer.
    if (left !== null && end === before) until(left, false);
  }
  if (secondsLeft() === 0) return leave();
  if (secondsLeft() <= warning) show();
}

async function stay() {
  const left = await ask(form.getAttribute("action"), { method: "POST", body: new FormData(form) });
  if (left === null) return;
  if (left === 0) return leave();
  until(left);
  if (left <= warning) {
    // The session may not last longer, however busy the person is.
    dialog.querySelector("[data-last]").hidden = false;
    form.querySelector("[type=submit]").hidden = true;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  stay();
});
// A person who closes the warning with the Escape key is there.
dialog.addEventListener("close", () => { if (secondsLeft() <= warning) stay(); });
// Signed out here, the other tabs come to their end too: in a moment they ask the server, and find it so.
document.getElementById("sign-out")?.addEventListener("submit", () => tabs.postMessage(2));
tabs.addEventListener("message", (message) => until(message.data, false));
document.addEventListener("input", (event) => { if (event.target.form?.matches("[data-keep]")) typed = true; });
// A page is hidden when its form was sent, too. What the server has must not stand in the form again.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-keep]") && !event.defaultPrevented) typed = false;
});
// A device that is put aside may sleep past the end.
document.addEventListener("visibilitychange", () => (document.hidden ? keep() : tick()));
until(Number(dialog.dataset.seconds));
setInterval(tick, 1000);
