// The page works without this file. With it the page follows the check, and other browsers.
"use strict";

const root = document.documentElement;
const status = document.getElementById("status");
root.dataset.theme = localStorage.getItem("theme") || "auto";

// put shows what the server sent: HTML of its own templates. The main button gets the focus, so
// that Enter is enough.
function put(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  document.getElementById("now").replaceChildren(holder.content);
  focus();
}

function focus() {
  document.querySelector("[data-first]")?.focus();
}

function follow() {
  const source = new EventSource("/live?since=" + document.body.dataset.version);
  source.onmessage = (e) => put(JSON.parse(e.data));
  source.onopen = () => {
    root.dataset.live = "yes";
    if (status.dataset.lost) {
      status.textContent = "";
      delete status.dataset.lost;
    }
  };
  source.onerror = () => {
    root.dataset.live = "no";
    status.dataset.lost = "yes";
    status.textContent = "pop3sim does not answer: perhaps it has ended.";
  };
}

focus();
if (!("left" in document.body.dataset)) follow();
