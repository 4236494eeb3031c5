// Shows how far long work is: asks the same page every few seconds, and loads it again when the work has ended.
// A page that is forgotten stops asking, or it would keep its session alive.
const EVERY = 3_000;
let times = 200;

async function look() {
  if (!times--) return;
  let page;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) return location.reload();
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return setTimeout(look, EVERY);
  }
  const now = page.querySelector("[data-progress]");
  if (!now) return location.reload();
  document.querySelector("[data-progress]").replaceWith(now);
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
