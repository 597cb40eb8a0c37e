// Sends the form in the background, so that the page does not reload. Without this file everything works the same.
"use strict";
const form = document.getElementById("form");
const talk = document.getElementById("talk");
const choices = document.getElementById("choices");
const text = document.getElementById("text");
const file = document.getElementById("file");
const LARGEST = Number(document.body.dataset.megabytes) * 1024 * 1024; // bytes; the server checks again

function bubble(kind, words) {
  const box = document.createElement("div");
  box.className = kind;
  box.textContent = words;
  talk.append(box);
  return box;
}

function receiptBubble(words, receipt) {
  const box = bubble("reply due", "");
  const [before, after] = words.split(receipt);
  const code = document.createElement("code");
  code.textContent = receipt;
  box.append(before, code, after);
  return box;
}

function copyButton(receipt) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = document.body.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(receipt);
    button.textContent = document.body.dataset.copied;
  });
  return button;
}

function show(turn) {
  choices.replaceChildren();
  for (const message of turn.messages) {
    const due = turn.receipt && message === turn.messages[0];
    const box = due ? receiptBubble(message.text, turn.receipt) : bubble("reply", message.text);
    for (const [id, label] of message.choices) {
      const button = document.createElement("button");
      button.name = "choose";
      button.value = id;
      button.textContent = label;
      if (id === "submit") button.className = "main";
      choices.append(button);
    }
    box.scrollIntoView({ block: "nearest" });
  }
  for (const old of form.querySelectorAll("input[name=ack]")) old.remove();
  if (turn.receipt) {
    const ack = document.createElement("input");
    ack.type = "hidden";
    ack.name = "ack";
    ack.value = turn.ack;
    form.prepend(ack);
    if (navigator.clipboard) choices.append(copyButton(turn.receipt));
    const desk = document.body.dataset.desk;
    if (desk) {
      const link = document.createElement("a");
      link.className = "button";
      link.href = "/desk";
      link.textContent = desk;
      choices.append(link);
    }
  }
  document.documentElement.lang = turn.lang;
}

// While too many tips come at once, each one costs a little work: find what makes the hash begin with zeros.
async function solved(puzzle) {
  const encoder = new TextEncoder();
  for (let answer = 0; ; answer += 1) {
    const digest = new DataView(await crypto.subtle.digest("SHA-256", encoder.encode(puzzle + answer)));
    if (digest.getUint32(0) >>> 18 === 0) return String(answer);
  }
}

// A file is sent once: what it costs is asked before.
async function tolled(data) {
  const { puzzle } = await (await fetch("/api/toll")).json();
  if (puzzle && crypto.subtle) data.set("proof", await solved(puzzle));
}

async function sent(data) {
  const answer = await fetch("/api/chat" + location.search, { method: "POST", body: data });
  if (!answer.ok) throw new Error(String(answer.status));
  const turn = await answer.json();
  if (!turn.puzzle || data.has("proof") || !crypto.subtle) return turn;
  bubble("reply", turn.messages[0].text);
  data.set("proof", await solved(turn.puzzle));
  data.delete("text"); // words beside a file were taken already
  return sent(data);
}

// Each message has a reference of its own; what is sent again because no answer came counts once.
function reference() {
  const octets = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

let busy = false;
let waiting = false; // more was sent while a message was on its way: it goes next, and nothing is lost
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const pressed = event.submitter && event.submitter.name === "choose" ? event.submitter : null;
  if (busy) {
    waiting = waiting || !pressed;
    return;
  }
  form.elements.ref.value = reference();
  const data = new FormData(form);
  if (pressed) {
    data.set("choose", pressed.value);
    data.delete("text");
    data.delete("file");
  }
  const attached = !pressed && file.files[0];
  if (attached && attached.size > LARGEST) {
    file.value = "";
    bubble("reply", document.body.dataset.large).scrollIntoView({ block: "nearest" });
    return;
  }
  if (attached) bubble("reply", document.body.dataset.sending).scrollIntoView({ block: "nearest" });
  busy = true;
  const typed = text.value;
  const words = pressed ? pressed.textContent : typed.trim();
  const said = words && bubble("said", words);
  if (!pressed) text.value = "";
  try {
    if (attached) await tolled(data);
    const turn = await sent(data);
    if (!pressed) file.value = "";
    show(turn);
  } catch {
    if (said) said.remove();
    if (!pressed) text.value = [typed, text.value].filter(Boolean).join("\n");
    waiting = false;
    form.submit(); // the plain way: the server answers with a page, or the browser says what is wrong
  } finally {
    busy = false;
    text.focus();
    if (waiting) {
      waiting = false;
      form.requestSubmit();
    }
  }
});

file.addEventListener("change", () => file.files.length && form.requestSubmit());

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// Quick exit: the conversation's cookie goes with /leave, and this page leaves no entry to come back to.
document.getElementById("exit").addEventListener("click", (event) => {
  event.preventDefault();
  talk.replaceChildren();
  location.replace("/leave");
});
