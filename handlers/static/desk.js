// What is copied from the desk bears who copied it, and when; the printed page says the same. Forms are left alone.
"use strict";
document.addEventListener("copy", (event) => {
  const words = getSelection().toString();
  if (!words || event.target.closest?.("input, textarea")) return;
  event.clipboardData.setData("text/plain", `${words}\n— ${document.body.dataset.mark}`);
  event.preventDefault();
});

// Paper shows all of a page: what is folded is unfolded for it, and folded again.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((it) => (it.open = true));
});
addEventListener("afterprint", () => folded.forEach((it) => (it.open = false)));
