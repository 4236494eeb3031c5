// The clock of an identity question: warns before the time is over, and gets more without losing the choice.
"use strict";

const clock = document.querySelector("[data-deadline-seconds]");
const form = clock.querySelector("form");
const says = clock.querySelector("[data-left]");
let end = 0;
let warned = false;

function start() {
  end = Date.now() + Number(clock.dataset.deadlineSeconds) * 1000;
  warned = false;
  clock.classList.remove("quiz-clock--warning");
}

function warn(text) {
  clock.classList.add("quiz-clock--warning");
  says.textContent = text;
}

function tick() {
  const left = Math.ceil((end - Date.now()) / 1000);
  if (left > Number(clock.dataset.warningSeconds)) return;
  if (left <= 0) {
    clearInterval(timer);
    form.querySelector("button")?.remove();
    warn("The time for this question is over. Choose “Continue” to go on.");
  } else if (!warned) {
    warned = true;
    const more = form.querySelector("button") ? " Choose “I need more time” if you do." : "";
    warn(`${left} seconds left for this question.${more}`);
  }
}

// What an earlier answer was told ("Choose one of the answers.") is over with the page that it came with.
function forgetErrors(title) {
  document.title = title;
  document.querySelectorAll(".error-summary, .usa-error-message").forEach((said) => said.remove());
  document.querySelectorAll(".usa-form-group--error").forEach((group) => group.classList.remove("usa-form-group--error"));
  for (const described of document.querySelectorAll('[aria-describedby$="_error"]')) {
    described.setAttribute("aria-describedby", described.getAttribute("aria-describedby").replace(/ ?\S+_error$/, ""));
  }
}

// Asks as the plain form would, and takes the new time out of the page that comes back.
async function moreTime(event) {
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  // Not form.action: that is the button of this name.
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page?.querySelector("[data-deadline-seconds]");
  if (!fresh) return answer ? window.location.assign(answer.url) : warn("We could not reach the server. Please try again.");
  clock.dataset.deadlineSeconds = fresh.dataset.deadlineSeconds;
  if (!fresh.querySelector("button")) form.querySelector("button").remove();
  forgetErrors(page.title);
  start();
  says.textContent = "You have more time now.";
}

form.addEventListener("submit", moreTime);
start();
const timer = setInterval(tick, 1000);
