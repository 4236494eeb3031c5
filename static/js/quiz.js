// The clock of an identity question: warns before the time is over, and gets more without losing the choice.
"use strict";

let clock = document.querySelector("[data-deadline-seconds]");
let end = 0;
let warned = false;

function start() {
  end = Date.now() + Number(clock.dataset.deadlineSeconds) * 1000;
  warned = false;
  clock.querySelector("form")?.addEventListener("submit", moreTime);
}

function say(text) {
  clock.classList.add("quiz-clock--warning");
  clock.querySelector("[data-left]").textContent = text;
}

function tick() {
  const left = Math.ceil((end - Date.now()) / 1000);
  if (left > Number(clock.dataset.warningSeconds)) return;
  if (left <= 0) {
    say("The time for this question is over.");
    clearInterval(timer);
  } else if (!warned) {
    warned = true;
    const more = clock.querySelector("form") ? " Choose “I need more time” if you do." : "";
    say(`${left} seconds left for this question.${more}`);
  }
}

// Asks as the plain form would, and takes the new clock out of the page that comes back.
async function moreTime(event) {
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (!answer) return form.submit();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-deadline-seconds]");
  if (!fresh || answer.url !== window.location.href) return window.location.assign(answer.url);
  clock.replaceWith(fresh);
  clock = fresh;
  start();
  clock.querySelector("[data-left]").textContent = "You have more time now.";
}

start();
const timer = setInterval(tick, 1000);
