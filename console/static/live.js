// Keeps a page as it is now. The server sends the parts that have changed; a part is HTML for the element with its id,
// or data for whoever listens to it.

const SECONDS_BETWEEN = 2;
const listeners = new Map();

/** Call `take` with the data of this part whenever it changes. */
export function onPart(name, take) {
  listeners.set(name, take);
}

/** Follow the stream that the page names. */
export function follow() {
  const { live } = document.querySelector("[data-live]").dataset;
  const parts = (text) => {
    for (const [name, part] of Object.entries(JSON.parse(text))) {
      if (listeners.has(name)) listeners.get(name)(part);
      else show(name, part);
    }
  };
  connect(() => live, { parts });
}

/**
 * Call what `takes` has for the name of each event with its data and id, for as long as the page is seen. While the stream is
 * broken, the page says since when. `address` tells where to go on: it is asked again for each connection.
 */
export function connect(address, takes) {
  // A browser opens six connections to a host, for all of its tabs: a tab that nobody sees must not keep one.
  if (document.hidden) {
    document.addEventListener("visibilitychange", () => connect(address, takes), { once: true });
    return;
  }
  const source = new EventSource(address());
  const hide = () => {
    source.close();
    connect(address, takes);
  };
  document.addEventListener("visibilitychange", hide, { once: true });
  source.addEventListener("open", () => document.body.classList.remove("stale"));
  for (const [name, take] of Object.entries(takes)) {
    source.addEventListener(name, (event) => take(event.data, event.lastEventId));
  }
  source.addEventListener("error", () => {
    tellStale();
    // The browser connects again by itself, unless somebody else answered: a proxy, or the page that asks for a password.
    if (source.readyState !== EventSource.CLOSED) return;
    document.removeEventListener("visibilitychange", hide);
    setTimeout(() => again(address, takes), SECONDS_BETWEEN * 1000);
  });
}

async function again(address, takes) {
  // A console that asks for a password leads every page to the one that asks. Its data would make the browser itself ask.
  const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.reload();
  else connect(address, takes);
}

function tellStale() {
  if (document.body.classList.contains("stale")) return;
  document.querySelector("#stale time").textContent = new Date().toISOString().slice(11, 19);
  document.body.classList.add("stale");
}

function show(name, html) {
  const element = document.getElementById(name);
  if (element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
  // Who works by keyboard stays where they were.
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  element.innerHTML = html;
  if (focused) sameIn(element, focused)?.focus({ preventScroll: true });
}

function sameIn(element, before) {
  if (before.id) return document.getElementById(before.id);
  return [...element.querySelectorAll("a[href]")].find((link) => link.href === before.href);
}
