// Keeps a page up to date: asks for the page itself, and takes over its main part if it has changed.
// The parser of XMLHttpRequest makes the document, so that no text of an answer ever becomes a script.
import { ageOf } from "./ages.js";

const TIMEOUT_MS = 30_000;

function ask(version) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = TIMEOUT_MS;
    request.setRequestHeader("Accept", "text/html");
    if (version) request.setRequestHeader("If-None-Match", `"${version}"`);
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = () => reject(new Error("offline"));
    request.send();
  });
}

// The reader's place stays: the focused element, and the details that are open.
function takeOver(fresh) {
  const old = document.querySelector("main");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused ? [...old.querySelectorAll("a, button, summary")].indexOf(focused) : -1;
  for (const open of old.querySelectorAll("details[open][id]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  old.replaceWith(document.adoptNode(fresh));
  if (focused) {
    const target = document.querySelectorAll("main a, main button, main summary")[place] ?? document.querySelector("main");
    target.focus({ preventScroll: true });
  }
}

export function keepUpToDate(shown, everyS, afterwards) {
  let checkedAt = Date.now();
  let trouble = "";
  let timer = 0;

  function show() {
    const age = ageOf((Date.now() - checkedAt) / 1000);
    shown.dataset.state = trouble ? "trouble" : "live";
    // A screen reader says that something is wrong, but not the age every few seconds.
    if (trouble) shown.setAttribute("role", "alert");
    else shown.removeAttribute("role");
    shown.textContent = trouble ? `${trouble}, checked ${age}` : `checked ${age}`;
  }

  async function check() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await ask(document.querySelector("main").dataset.version);
      const fresh = answer.status === 304 ? null : answer.response?.querySelector("main");
      if (answer.status === 401) return location.reload();
      if (answer.status === 304 || fresh) {
        if (fresh) takeOver(fresh);
        checkedAt = Date.now();
        trouble = "";
        afterwards();
      } else {
        trouble = `answer ${answer.status}`;
      }
    } catch {
      trouble = "offline";
    }
    show();
    timer = setTimeout(check, everyS * 1000);
  }

  document.addEventListener("visibilitychange", check);
  addEventListener("online", check);
  setInterval(show, 5_000);
  show();
  timer = setTimeout(check, everyS * 1000);
}
