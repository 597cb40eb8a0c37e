// Sends the form in the background, so that the page does not reload. Without this file a tip is sent the same way,
// one file at a time. What is shown is made of elements and text, never of markup.
"use strict";
const [form, talk, text, file, chosen] = ["form", "talk", "text", "file", "chosen"].map((id) => document.getElementById(id));
const send = form.querySelector(".send");
const words = document.body.dataset; // in the page's language
const touch = matchMedia("(pointer: coarse)"); // there, focus in the field would open the keyboard over the answer
const LARGEST = Number(words.megabytes) * 1024 * 1024; // bytes; the server checks again
const TWICE = 1000; // milliseconds

function element(name, className, ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}

function button(label, className, pressed) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", () => pressed(made));
  return made;
}

// --- a message, drawn as `templates/message.html` draws it ---

function folded(label, said) {
  const named = label ? [element("strong", "", `${label}:`), " "] : [];
  if (said.length <= 240 && said.split("\n").length <= 7) return element("p", "", ...named, said);
  const start = element("span", "start", `${said.slice(0, 100)}… `);
  return element("details", "", element("summary", "", ...named, start, element("span", "more", words.more)), element("p", "", said));
}

function labelled(line) {
  const colon = line.indexOf(":");
  return folded(line.slice(0, Math.max(0, colon)), line.slice(colon + 1).trim());
}

function call(line) {
  const number = line.match(/^\+?\d+/);
  if (!number) return element("p", "", line);
  const link = element("a", "button call", line);
  link.href = `tel:${number[0]}`;
  return link;
}

function kept(said) {
  const link = element("a", "button", words.keep);
  link.href = `data:text/plain;charset=utf-8,${encodeURIComponent(said)}`;
  link.download = "bang-chung.txt";
  return link;
}

const STYLES = {
  quote: (said) => [element("blockquote", "", folded("", said))],
  labelled: (said) => [element("div", "labelled", ...said.split("\n").map(labelled))],
  code: (said) => [element("p", "code", element("code", "", said))],
  file: (said) => [element("pre", "kept", said), kept(said)],
  call: (said) => said.split("\n").map(call),
  warning: (said) => [element("p", "warning", said)],
};

function drawn(message) {
  const box = element("div", `reply ${message.kind}`);
  for (const [style, said] of message.paragraphs) box.append(...(STYLES[style] || ((it) => [element("p", "", it)]))(said));
  const choices = element("div", "choices");
  for (const [id, label] of message.choices) {
    const choice = element("button", id === "submit" ? "main" : "", label);
    choice.name = "choose";
    choice.value = id;
    choice.setAttribute("form", "form");
    choices.append(choice);
  }
  if (message.kind === "receipt") keepable(box, choices, message.paragraphs);
  if (choices.childElementCount) box.append(choices);
  return box;
}

// --- a receipt: copied, printed or saved, each without a word of what it is for ---

function keepable(box, choices, paragraphs) {
  const codes = paragraphs.filter(([style]) => style === "code").map(([, said]) => said).join("\n");
  box.classList.add("due");
  box.append(element("p", "address", words.address));
  const ways = [button(words.print, "", () => print()), button(words.save, "", () => save(codes))];
  if (navigator.clipboard) {
    ways.unshift(button(words.copy, "main", async (made) => {
      await navigator.clipboard.writeText(codes);
      made.textContent = words.copied;
    }));
  }
  choices.prepend(...ways);
  if (!words.desk) return;
  const link = element("a", "button", words.desk); // in a demo
  link.href = "/desk";
  choices.append(link);
}

function save(codes) {
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob([`${codes}\n${words.address}\n`], { type: "text/plain" }));
  link.download = "ghi-chu.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // some browsers read it only then
}

const title = document.title; // a browser prints it in the margin, and names a file by it
addEventListener("beforeprint", () => { document.title = words.note; });
addEventListener("afterprint", () => { document.title = title; });

// --- the conversation ---

function add(box) {
  talk.append(box);
  return box;
}

function note(said) {
  const box = add(element("div", "reply", element("p", "", said)));
  box.scrollIntoView({ block: "nearest" });
  return box;
}

function show(turn) {
  const passed = [".choices", ...(turn.messages.some((it) => it.kind === "summary") ? [".summary", ".beside"] : [])];
  for (const old of talk.querySelectorAll(passed.join())) old.remove();
  for (const old of talk.querySelectorAll(".due")) old.classList.remove("due");
  for (const old of document.querySelectorAll(".foot, input[name=ack], input[name=area]")) old.remove();
  const boxes = turn.messages.map((message) => add(drawn(message)));
  if (turn.receipt) {
    const ack = element("input", "");
    Object.assign(ack, { type: "hidden", name: "ack", value: turn.ack });
    form.prepend(ack);
  }
  document.documentElement.lang = turn.lang;
  send.classList.toggle("main", !talk.querySelector(".main"));
  const first = boxes.find((box) => box.matches(".danger")) || boxes[0]; // numbers to call are seen before all else
  if (first) first.scrollIntoView({ block: "start" });
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
  note(turn.messages[0].text);
  data.set("proof", await solved(turn.puzzle));
  if (data.get("file")?.size) data.delete("text"); // words beside a file were taken already; words that send were not
  return sent(data);
}

// Each message has a reference of its own; what is sent again because no answer came has the same, and counts once.
function reference() {
  const octets = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

let ref = reference();

async function takeTurn(fields) {
  const data = new FormData(form);
  data.delete("file");
  for (const [name, value] of Object.entries({ ref, text: "", ...fields })) data.set(name, value);
  if (fields.file) await tolled(data);
  const turn = await sent(data);
  show(turn);
  ref = reference();
  return turn.taken !== false;
}

// What was written, and every chosen file: one turn each, the words beside the first.
async function takeWritten() {
  const files = [...attached];
  let typed = text.value;
  text.value = "";
  grow();
  const names = files.map((it) => it.file.name);
  const said = typed.trim() || files.length ? add(element("div", "said", element("p", "", [typed.trim(), ...names].filter(Boolean).join("\n")))) : null;
  if (said) said.scrollIntoView({ block: "nearest" });
  try {
    if (!files.length && !(await takeTurn({ text: typed }))) {
      text.value = [typed, text.value].filter(Boolean).join("\n");
      said.remove();
      grow();
    }
    for (const it of files.filter((one) => attached.includes(one))) {
      const sending = note(words.sending);
      await takeTurn({ ref: it.ref, text: typed, file: it.file }).finally(() => sending.remove());
      leaveOut(it);
      typed = "";
    }
  } catch (error) {
    if (said && !files.some((it) => !attached.includes(it))) said.remove();
    text.value = [typed, text.value].filter(Boolean).join("\n");
    grow();
    throw error;
  }
}

async function takeChoice(pressed) {
  const said = add(element("div", "said", element("p", "", pressed.textContent)));
  try {
    await takeTurn({ choose: pressed.value });
  } catch (error) {
    said.remove();
    throw error;
  }
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
  busy = true;
  try {
    await (pressed ? takeChoice(pressed) : takeWritten());
  } catch {
    waiting = false;
    note(words.failed);
  } finally {
    busy = false;
    if (!touch.matches) text.focus({ preventScroll: true });
    if (waiting) {
      waiting = false;
      form.requestSubmit();
    }
  }
});

// --- files: chosen, looked at, left out, and only then sent ---

const attached = []; // {file, ref, row, url}

function attach(one) {
  const it = { file: one, ref: reference(), url: one.type.startsWith("image/") ? URL.createObjectURL(one) : "" };
  const remove = button(words.remove, "", () => {
    leaveOut(it);
    (chosen.querySelector("button") || file).focus();
  });
  remove.append(element("span", "hidden", ` ${one.name}`));
  it.row = element("li", "", element("span", "name", one.name), remove);
  if (it.url) {
    const picture = element("img", "");
    picture.alt = "";
    picture.addEventListener("error", () => picture.remove()); // of a kind that this browser does not show
    picture.src = it.url;
    it.row.prepend(picture);
  }
  attached.push(it);
  chosen.append(it.row);
}

function leaveOut(it) {
  if (!attached.includes(it)) return;
  it.row.remove();
  if (it.url) URL.revokeObjectURL(it.url);
  attached.splice(attached.indexOf(it), 1);
  chosen.hidden = !attached.length;
}

file.multiple = true;
form.classList.add("scripted");
file.addEventListener("change", () => {
  for (const one of file.files) {
    if (one.size > LARGEST) note(words.large);
    else attach(one);
  }
  file.value = "";
  chosen.hidden = !attached.length;
});

// --- writing, and leaving ---

// The field grows with its words; newer browsers do it by the style sheet alone.
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch.matches) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// Quick exit: the conversation's cookie goes with /leave, and this page leaves no entry to come back to.
function leave() {
  talk.replaceChildren();
  chosen.replaceChildren();
  text.value = "";
  location.replace("/leave");
}

document.getElementById("exit").addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

let escaped = -TWICE;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.repeat || event.isComposing) return;
  if (event.timeStamp - escaped < TWICE) leave();
  escaped = event.timeStamp;
});
