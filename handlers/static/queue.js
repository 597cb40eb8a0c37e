// The queue refreshes itself, and goes by keyboard. Without this file every button still works.
"use strict";
const rows = document.getElementById("rows");
const help = document.getElementById("help");
const switchBox = document.getElementById("keys-on");
const EVERY = 20000; // milliseconds between looks
const OFF = "keys-off"; // kept in this browser: single keys can be switched off (WCAG 2.1.4)

// --- refreshing: never under somebody's hands, and it keeps no session open -------------------------------------------

function busy() {
  return document.hidden || help.open || rows.querySelector("input:checked") || rows.contains(document.activeElement);
}

async function refresh() {
  if (busy()) return;
  const answer = await fetch(rows.dataset.here, { redirect: "manual" }).catch(() => null);
  if (!answer) return; // the network is away: the page stays as it is
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    location.assign("/desk/login"); // locked in the meantime
    return;
  }
  if (!answer.ok) return; // the store is away for a moment
  const fresh = await answer.text();
  if (busy()) return;
  rows.innerHTML = fresh;
  const counts = rows.querySelector("template");
  document.querySelectorAll(".tabs .count").forEach((tab, at) => {
    tab.textContent = counts.content.children[at].textContent;
  });
  counts.remove();
  document.getElementById("full").hidden = !rows.rows.length;
  document.getElementById("empty").hidden = Boolean(rows.rows.length);
}
setInterval(refresh, EVERY);

// --- keys -------------------------------------------------------------------------------------------------------------

const link = (row) => row && row.querySelector("a");

function current() {
  return document.activeElement && document.activeElement.closest("#rows tr");
}

function go(step) {
  const list = [...rows.rows];
  const at = list.indexOf(current());
  const next = at < 0 ? list[0] : list[at + step];
  if (link(next)) link(next).focus();
}

function pick() {
  const box = current() && current().querySelector("input:not(:disabled)");
  if (box) box.checked = !box.checked;
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: pick,
  c: () => rows.querySelector("input:checked") && document.getElementById("pick").requestSubmit(),
  "/": () => document.getElementById("words").focus(),
  f: () => {
    document.querySelector(".filters").open = true;
    document.querySelector("#filter select").focus();
  },
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("textarea, select, input:not([type=checkbox])");
  if (typing || help.open || event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem(OFF)) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const button = document.getElementById("keys");
button.hidden = false;
button.addEventListener("click", () => help.showModal());
switchBox.checked = !localStorage.getItem(OFF);
switchBox.addEventListener("change", () => {
  if (switchBox.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});
