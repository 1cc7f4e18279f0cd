// The schedule of activities, made fluid. Without this file every cell is a button that sends the form.
"use strict";
(() => {
  const form = document.getElementById("soa");
  if (!form) return;
  const table = form.querySelector("table");
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("td")]);
  const heads = [...table.querySelectorAll(".soa-visits th")];
  const words = document.getElementById("soa-words");
  const problem = document.getElementById("soa-problem");
  const button = (row, column) => rows[row]?.[column]?.querySelector("button");
  const done = [];
  let waiting = new Map();
  let timer = 0;
  let sending = false;

  // One cell can be reached by tab; arrows go on from there.
  let here = null;
  const place = new Map();
  rows.forEach((cells, row) => cells.forEach((cell, column) => {
    const one = cell.querySelector("button");
    if (!one) return;
    place.set(one, [row, column]);
    one.tabIndex = here ? -1 : 0;
    here ??= one;
  }));
  const go = (to) => {
    if (!to) return;
    here.tabIndex = -1;
    here = to;
    here.tabIndex = 0;
    here.focus();
    here.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const light = (column) => heads.forEach((head, at) => head.classList.toggle("here", at === column));

  const keys = {
    ArrowLeft: (row, column) => [row, column - 1],
    ArrowRight: (row, column) => [row, column + 1],
    ArrowUp: (row, column) => [row - 1, column],
    ArrowDown: (row, column) => [row + 1, column],
    Home: (row) => [row, 0],
    End: (row) => [row, rows[row].length - 1],
    PageUp: (row, column) => [Math.max(0, row - 10), column],
    PageDown: (row, column) => [Math.min(rows.length - 1, row + 10), column],
  };
  form.addEventListener("keydown", (event) => {
    const at = place.get(event.target);
    const key = keys[event.key];
    if (!at || !key || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(button(...key(...at)));
  });
  table.addEventListener("focusin", (event) => {
    const at = place.get(event.target);
    if (!at) return;
    light(at[1]);
    if (event.target !== here) { here.tabIndex = -1; here = event.target; here.tabIndex = 0; }
  });
  table.addEventListener("pointerover", (event) => {
    const at = place.get(event.target.closest("button"));
    if (at) light(at[1]);
  });
  table.addEventListener("pointerleave", () => light(-1));

  const set = (one, on) => {
    one.setAttribute("aria-pressed", String(on));
    if (!on) one.textContent = "";
    const [activity, visit] = JSON.parse(one.value);
    one.value = JSON.stringify([activity, visit, !on]);
    waiting.set(JSON.stringify([activity, visit]), { one, on });
    clearTimeout(timer);
    timer = setTimeout(flush, 450);
    words.textContent = "Saving…";
  };
  const flush = async () => {
    if (sending || waiting.size === 0) return;
    sending = true;
    const batch = [...waiting].slice(0, 100);
    batch.forEach(([key]) => waiting.delete(key));
    const body = new URLSearchParams();
    for (const field of form.querySelectorAll("input[type=hidden]")) body.append(field.name, field.value);
    for (const [key, { on }] of batch) {
      const [activity, visit] = JSON.parse(key);
      body.append("cell", JSON.stringify([activity, visit, on]));
    }
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.detail ?? said.title ?? "The change was refused.");
      for (const field of document.querySelectorAll("input[name=version]")) field.value = said.version;
      words.textContent = said.both ? `${said.words}. Somebody else changed it too; load the page to see all.` : said.words;
      problem.hidden = true;
    } catch (error) {
      for (const [, { one, on }] of batch) {
        const [activity, visit] = JSON.parse(one.value);
        one.setAttribute("aria-pressed", String(!on));
        one.value = JSON.stringify([activity, visit, on]);
      }
      words.textContent = "Not saved";
      problem.textContent = `${batch.length === 1 ? "That cell was" : "Those cells were"} not saved: ${error.message}`;
      problem.hidden = false;
    } finally {
      sending = false;
      if (waiting.size > 0) timer = setTimeout(flush, 50);
    }
  };
  form.addEventListener("submit", (event) => {
    const one = event.submitter;
    if (!place.has(one)) return;
    event.preventDefault();
    const on = one.getAttribute("aria-pressed") !== "true";
    done.push({ one, on });
    set(one, on);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    if (event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    const last = done.pop();
    if (last) { set(last.one, !last.on); go(last.one); return; }
    if (!sending && waiting.size === 0) document.getElementById("soa-undo")?.submit();
  });
  addEventListener("beforeunload", (event) => {
    if (sending || waiting.size > 0) event.preventDefault();
  });
})();
