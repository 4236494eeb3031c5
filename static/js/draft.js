// Saves the draft of a message some seconds after the last key, and when the tab is put aside. The button does it too.
"use strict";

const form = document.querySelector("form[data-draft]");
const said = form.querySelector("[data-draft-said]");
const after = Number(form.dataset.draft) * 1000;
let waits = 0;
let saving = null;
let changed = false;

const at = (name) => form.elements.namedItem(name);

// The draft has an address from its first save on. After a session that ended, the person comes back to it.
function moveToDraft() {
  const page = `${form.dataset.draftPage.replace(/drafts\/$/, "draft/")}${at("draft").value}/`;
  if (window.location.pathname === page) return;
  window.history.replaceState(null, "", page);
}

function save() {
  clearTimeout(waits);
  if (saving || !changed || form.dataset.sent) return;
  changed = false;
  saving = send().finally(() => { saving = null; });
}

async function send() {
  const typed = new FormData(form);
  typed.delete("upload");
  typed.set("do", "autosave");
  try {
    const answer = await fetch(window.location.pathname, {
      method: "POST", body: typed, redirect: "manual", keepalive: true, headers: { Accept: "application/json" },
    });
    const isTold = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    if (answer.type === "opaqueredirect" || (answer.status === 403 && !isTold)) {
      said.textContent = "Not saved: you are signed out. Sign in in another tab, then choose “Save draft” here.";
    } else {
      const told = await answer.json();
      said.textContent = told.said;
      if (answer.ok) {
        at("version").value = told.version;
        moveToDraft();
      }
    }
  } catch {
    changed = true;
    said.textContent = "Not saved: we cannot be reached. We try again.";
    waits = setTimeout(save, after);
  }
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  changed = true;
  clearTimeout(waits);
  waits = setTimeout(save, after);
});
// What is being saved right now gets a version first. The form would otherwise look like that of another tab.
form.addEventListener("submit", (event) => {
  clearTimeout(waits);
  if (!saving) return;
  event.preventDefault();
  saving.finally(() => form.requestSubmit(event.submitter));
});
document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
