"use strict";

// What is under way is looked at again each second, until it has ended.
async function refresh() {
  const live = document.querySelector("#live[data-refresh]");
  if (!live) return;
  const answer = await fetch(location.href).catch(() => null);
  if (answer && answer.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (fresh && fresh.outerHTML !== live.outerHTML) live.replaceWith(document.adoptNode(fresh));
  }
  setTimeout(refresh, 1000);
}
refresh();

const calls = document.getElementById("calls");
if (calls) followCalls();

function followCalls() {
  const LONGEST = 500;
  const filter = document.getElementById("q");
  const connection = document.getElementById("connection");

  const shown = (row) => {
    const text = [1, 2, 3].map((cell) => row.cells[cell].textContent).join(" ").toLowerCase();
    return filter.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  };
  const row = (number) => {
    const there = calls.querySelector(`tr[data-number="${number}"]`);
    if (there) return there;
    const made = calls.insertRow(0);
    made.dataset.number = number;
    made.className = "new";
    for (let cell = 0; cell < 5; cell++) made.insertCell();
    if (calls.rows.length > LONGEST) calls.deleteRow(-1);
    return made;
  };
  const show = (call) => {
    const cells = [
      call.at.slice(11, 23),
      call.method,
      call.path + (call.query ? `?${call.query}` : ""),
      call.status ?? "",
      call.seconds === null ? "" : Math.round(call.seconds * 1000),
    ];
    const shownRow = row(call.number);
    cells.forEach((text, number) => { shownRow.cells[number].textContent = text; });
    shownRow.cells[3].className = call.status >= 400 ? "bad" : "";
    shownRow.hidden = !shown(shownRow);
  };

  filter.addEventListener("input", () => {
    for (const each of calls.rows) each.hidden = !shown(each);
  });
  filter.form.querySelector("button").hidden = true;
  filter.form.addEventListener("submit", (event) => event.preventDefault());

  const stream = new EventSource(calls.dataset.live);
  stream.onopen = () => { connection.textContent = "live"; };
  stream.onerror = () => { connection.textContent = "waiting for the platform"; };
  stream.onmessage = (event) => show(JSON.parse(event.data));
  addEventListener("pagehide", () => stream.close());
}
