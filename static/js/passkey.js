// Passkeys: shows their buttons where the browser has them, asks the server for a challenge when one is used, and sends
// what the passkey answered with the form. Every page has another way for browsers without this.
"use strict";

const FAILURES = {
  NotAllowedError: "Nothing was sent: it was cancelled, or it took too long. Try again, or use another method.",
  InvalidStateError: "This device has a passkey for your account already.",
};
const OTHERWISE = "That did not work. Reload this page and try again, or use another method.";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) offer(form);
}

// A passkey belongs to one address of the site; elsewhere the page says which.
function offer(form) {
  const place = form.closest("[data-passkey-place]");
  place.querySelector("[data-passkey-missing]")?.setAttribute("hidden", "");
  if (location.origin !== form.dataset.at) {
    const elsewhere = place.querySelector("[data-passkey-elsewhere]");
    const link = elsewhere.querySelector("a");
    link.textContent = form.dataset.at;
    link.href = form.dataset.at + location.pathname;
    elsewhere.hidden = false;
  } else {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form);
    });
  }
  place.hidden = false;
  if (form.dataset.autofill && location.origin === form.dataset.at) offerInBox(form);
}

// Browsers can offer passkeys in the box for the username, beside what they know of usernames. They ask for a challenge
// first, so one is asked for only once there is a person at the page, and again when it has grown too old.
const SIGNS_OF_A_PERSON = ["pointermove", "pointerdown", "keydown", "focusin"];
let waiting = null;

async function offerInBox(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const listening = new AbortController();
  const begin = () => {
    listening.abort();
    waitForChoice(form);
  };
  for (const sign of SIGNS_OF_A_PERSON) document.addEventListener(sign, begin, { signal: listening.signal });
}

// Nothing is said when this fails: the person has not asked for it, and the button and the boxes are there.
async function waitForChoice(form) {
  const ours = (waiting = new AbortController());
  try {
    const options = await challenge(form, { autofill: "1" });
    if (options.problem || ours.signal.aborted) return;
    const renewal = setTimeout(() => {
      ours.abort();
      offerInBox(form);
    }, options.timeout * 0.8);
    const credential = await get(options, { mediation: "conditional", signal: ours.signal }).finally(() => clearTimeout(renewal));
    form.elements.passkey.value = JSON.stringify(plain(credential));
    form.submit();
  } catch {
    return;
  }
}

async function use(form) {
  // A browser waits for one passkey at a time.
  waiting?.abort();
  const says = form.querySelector("[data-says]");
  if (!form.reportValidity()) return;
  says.textContent = "Follow what your device asks.";
  try {
    const options = await challenge(form);
    if (options.problem) return (says.textContent = options.problem);
    const credential = form.dataset.passkey === "create" ? await create(options) : await get(options);
    form.elements.passkey.value = JSON.stringify(plain(credential));
    form.submit();
  } catch (failure) {
    says.textContent = FAILURES[failure.name] ?? OTHERWISE;
  }
}

async function challenge(form, also = {}) {
  const sent = new FormData();
  for (const [name, value] of Object.entries(also)) sent.append(name, value);
  sent.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const answer = await fetch(form.dataset.options, { method: "POST", body: sent, redirect: "manual", cache: "no-store" });
  return answer.headers.get("Content-Type") === "application/json" ? answer.json() : { problem: OTHERWISE };
}

const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function create(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const excludeCredentials = named(options.excludeCredentials);
  const publicKey = { ...options, user, excludeCredentials, challenge: bytes(options.challenge) };
  return navigator.credentials.create({ publicKey });
}

function get(options, how = {}) {
  const allowCredentials = named(options.allowCredentials);
  return navigator.credentials.get({ ...how, publicKey: { ...options, allowCredentials, challenge: bytes(options.challenge) } });
}

// Not credential.toJSON(): older browsers lack it, and some password managers leave it out.
function plain(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}
