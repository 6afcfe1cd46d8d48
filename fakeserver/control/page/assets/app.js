// The page works without this file, by links and forms. With it the page follows what happens, and
// nothing is loaded anew. All HTML that is put in comes from the templates of the server, which
// escape what clients and users have written.
"use strict";

const root = document.documentElement;
const status = document.getElementById("status");
root.classList.add("scripted");

function say(text, wrong) {
  status.textContent = text;
  status.classList.toggle("wrong", Boolean(wrong));
}

function elements(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

// put replaces the content of a part. What had the focus has it afterwards, if it is still there.
function put(id, html) {
  const part = document.getElementById(id);
  if (!part) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const list = part.querySelector(".list");
  const at = list ? list.scrollTop : 0;
  part.replaceChildren(elements(html));
  if (list && part.querySelector(".list")) part.querySelector(".list").scrollTop = at;
  if (focused) document.getElementById(focused)?.focus();
}

// The transcript follows its end, unless somebody has scrolled up.
function add(html) {
  const transcript = document.getElementById("transcript");
  const atEnd = transcript.scrollHeight - transcript.scrollTop - transcript.clientHeight < 40;
  transcript.append(elements(html));
  if (atEnd) transcript.scrollTop = transcript.scrollHeight;
}

function follow() {
  const { user, session } = document.body.dataset;
  if (user === undefined) return;
  const source = new EventSource("/page/live?" + new URLSearchParams({ user, session }));
  source.addEventListener("clear", () => document.getElementById("transcript").replaceChildren());
  source.addEventListener("rows", (e) => add(JSON.parse(e.data)));
  source.addEventListener("part", (e) => {
    const { id, html } = JSON.parse(e.data);
    put(id, html);
  });
  source.addEventListener("gone", () => location.assign("/"));
  source.onopen = () => { root.dataset.live = "yes"; if (status.dataset.lost) { say(""); delete status.dataset.lost; } };
  source.onerror = () => { root.dataset.live = "no"; status.dataset.lost = "yes"; say("The simulator does not answer. Trying again …", true); };
}

// act sends a form without leaving the page.
async function act(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { "X-Page": "1" } });
  } catch {
    say("The simulator does not answer.", true);
    return;
  }
  const text = await answer.text();
  if (!answer.ok) {
    say(text || answer.statusText, true);
    return;
  }
  const to = answer.headers.get("X-Page-To");
  if (to) {
    location.assign(to);
    return;
  }
  form.closest("dialog")?.close();
  say(text);
}

async function load(dialog, from) {
  const place = dialog.querySelector(".loaded");
  place.replaceChildren();
  const answer = await fetch(from);
  if (!answer.ok) {
    place.textContent = await answer.text();
    return;
  }
  place.replaceChildren(elements(await answer.text()));
}

async function copy(id, button) {
  const text = document.getElementById(id);
  getSelection().selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Selected: press Ctrl-C";
  }
}

function choose(tab, focus) {
  for (const other of tab.parentElement.children) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
}

async function open(button) {
  const dialog = document.getElementById(button.dataset.open);
  const find = dialog.querySelector("#find");
  if (find) find.value = "";
  dialog.showModal();
  if (button.dataset.load) await load(dialog, button.dataset.load);
  if (find) search(find.value); // perhaps typed while the list was loaded
}

function search(words) {
  words = words.replace(/^\//, ""); // the key that opens the picker may get into the field
  const wanted = words.toLowerCase().split(/\s+/);
  const all = [...document.getElementById("choices").children];
  for (const item of all) {
    const text = item.textContent.toLowerCase();
    // The cases of a scenario after its first one are found by searching only.
    item.hidden = !wanted.every((w) => text.includes(w)) || (words.trim() === "" && "case" in item.dataset);
  }
  document.getElementById("found").textContent = all.filter((item) => !item.hidden).length + " of " + all.length;
}

function theme(next) {
  const order = { auto: "light", light: "dark", dark: "auto" };
  let now = localStorage.getItem("theme") || "auto";
  if (next) localStorage.setItem("theme", now = order[now] || "auto");
  root.dataset.theme = now;
  const button = document.getElementById("theme");
  button.textContent = now[0].toUpperCase() + now.slice(1);
  button.setAttribute("aria-label", "Colours: " + (now === "auto" ? "as the system has them" : now));
}

document.addEventListener("click", (e) => {
  const button = e.target.closest("button");
  if (!button) return;
  if (button.dataset.open) open(button);
  else if (button.dataset.copy) copy(button.dataset.copy, button);
  else if ("close" in button.dataset) button.closest("dialog").close();
  else if (button.getAttribute("role") === "tab") choose(button);
  else if (button.id === "theme") theme(true);
});

document.addEventListener("submit", (e) => {
  if (!("act" in e.target.dataset)) return;
  e.preventDefault();
  act(e.target, e.submitter);
});

document.addEventListener("change", (e) => {
  if (e.target.id === "tenant") e.target.form.submit();
});

document.addEventListener("input", (e) => {
  if (e.target.id === "find") search(e.target.value);
});

document.addEventListener("keydown", (e) => {
  const tab = e.target.closest("[role=tab]");
  if (tab && (e.key === "ArrowRight" || e.key === "ArrowLeft")) {
    const next = e.key === "ArrowRight" ? tab.nextElementSibling || tab.parentElement.firstElementChild
      : tab.previousElementSibling || tab.parentElement.lastElementChild;
    choose(next, true);
    return;
  }
  const inList = e.target.closest("#choices, #find, .sessions .list");
  if (inList && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
    const list = inList.id === "find" ? document.getElementById("choices") : inList;
    const all = [...list.querySelectorAll("li:not([hidden]) > :is(a, button)")];
    const at = all.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
    (all[at] || (at < 0 && document.getElementById("find")?.offsetParent ? document.getElementById("find") : null))?.focus();
    e.preventDefault();
    return;
  }
  if (e.key === "/" && !e.target.closest("input, textarea, select, dialog")) {
    document.querySelector("[data-open=picker]")?.click();
    e.preventDefault();
  }
});

theme(false);
const shown = document.getElementById("transcript");
if (shown) shown.scrollTop = shown.scrollHeight;
follow();
