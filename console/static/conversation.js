// Shows messages as they come, and a message of one's own as pending until it has its number.

import { connect } from "/static/live.js";

const list = document.getElementById("messages");
const composer = document.getElementById("composer");
const pending = new Map();

let newest = list.dataset.after;

if (list.hasAttribute("data-follow")) {
  const address = () => `${list.dataset.stream}&after=${newest}`;
  connect(address, {
    message: append,
    standing: (html) => {
      document.getElementById("standing").innerHTML = html;
    },
  });
}

function append(html, number) {
  newest = number;
  const count = document.getElementById("count");
  if (count) count.textContent = number === "0" ? "1 message" : `${Number(number) + 1} messages`;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const message = holder.content.firstElementChild;
  if (document.getElementById(message.id)) return;
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 120;
  list.append(message);
  message.classList.add("changed");
  // Pending messages stay below all that have a number.
  for (const one of pending.values()) list.append(one);
  document.getElementById("empty")?.remove();
  if (atEnd) message.scrollIntoView({ block: "nearest" });
}

composer?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(composer);
  const body = form.get("body");
  const recipients = form.get("recipients").split(",").map((name) => name.trim()).filter(Boolean);
  const ticket = Symbol("pending");
  pending.set(ticket, show(form.get("sender"), body));
  document.getElementById("body").value = "";
  const answer = await fetch(composer.dataset.send, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sender: form.get("sender"), recipients, body }),
  }).catch(() => null);
  const found = await told(answer);
  const item = pending.get(ticket);
  pending.delete(ticket);
  if (found.number !== undefined && found.number !== null) {
    item.remove();
    tell(found);
  } else {
    item.classList.replace("pending", "failed");
    item.querySelector(".way").textContent = found.error ?? `accepted, no number after 20 s; it comes when the pipeline goes on`;
  }
});

/** What the console says of a message; a proxy before it may answer in its place, with a page. */
async function told(answer) {
  if (!answer) return { error: "The console does not answer: nobody knows whether it was sent." };
  return answer.json().catch(() => ({ error: `The answer was ${answer.status}: nobody knows whether it was sent.` }));
}

document.getElementById("body")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

function show(sender, body) {
  const item = document.createElement("li");
  item.className = "message pending";
  item.innerHTML = '<span class="number">…</span><div><p class="who"><bdi></bdi></p><p class="body" dir="auto"></p><p class="way small soft">on its way</p></div>';
  item.querySelector("bdi").textContent = sender;
  item.querySelector(".body").textContent = body;
  list.append(item);
  item.scrollIntoView({ block: "nearest" });
  return item;
}

/** Say which way a message went, once it is there. */
function tell(found) {
  const message = document.getElementById(`m${found.number}`);
  if (!message) return void setTimeout(() => tell(found), 100);
  const { logged } = message.dataset;
  const way = document.createElement("p");
  way.className = "way small soft";
  way.textContent = [
    `${Math.round(found.numbered_ms)} ms: accepted at ${found.topic}[${found.partition}] offset ${found.offset}`,
    ...(logged === undefined ? [] : [`logged at offset ${logged}`]),
    `numbered ${found.number}`,
    "published",
  ].join(", ");
  message.querySelector("div").append(way);
}
