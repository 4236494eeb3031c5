// Asks the server what it will say of a new password, before the form is sent.
// The form works without this: the same sentences then stand beside the box after it was sent.
"use strict";

const PAUSE = 1200;

for (const form of document.querySelectorAll("form[data-judge]")) watch(form);

function watch(form) {
  const box = form.elements.password;
  const said = form.querySelector("[data-judgement]");
  const before = document.getElementById(`${box.id}_error`);
  let judged = "";
  let timer = 0;

  const typed = () => `${form.elements.username?.value ?? ""}\n${box.value}`;

  // Clearing is silent; only a new sentence is read aloud. It takes the place of what was said of an earlier password.
  function say(text, verdict = "") {
    said.textContent = text;
    said.dataset.verdict = verdict;
    if (before && text) before.hidden = true;
  }

  async function ask() {
    clearTimeout(timer);
    const now = typed();
    if (!box.value || now === judged) return;
    judged = now;
    const problems = await judge();
    if (problems && typed() === now) {
      say(problems.length ? problems.join(" ") : "You can use this password.", problems.length ? "refused" : "good");
    }
  }

  // The server's sentences; null when it did not judge, which stops nobody.
  async function judge() {
    const sent = new FormData();
    for (const name of ["csrfmiddlewaretoken", "username", "password"]) {
      if (form.elements[name]) sent.append(name, form.elements[name].value);
    }
    try {
      const answer = await fetch(form.dataset.judge, { method: "POST", body: sent, redirect: "manual", cache: "no-store" });
      return answer.ok ? (await answer.json()).problems : null;
    } catch {
      return null;
    }
  }

  box.setAttribute("aria-describedby", `${box.getAttribute("aria-describedby") ?? ""} ${said.id}`.trim());
  box.addEventListener("blur", ask);
  form.elements.username?.addEventListener("blur", ask);
  box.addEventListener("input", () => {
    clearTimeout(timer);
    say("");
    judged = "";
    // While it is still too short, nobody needs to be told at every pause.
    if (box.value.length >= box.minLength) timer = setTimeout(ask, PAUSE);
  });
}
