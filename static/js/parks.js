/* The monthly report of a park: what differs from last month is marked, counted, and told what it was. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("report"), count = document.getElementById("report-count");
  if (!form || !count) return;
  const plain = (text) => text.trim().replace(/[,\s]/g, "").replace(/^(-?\d+)\.(\d*?)0+$/, (_all, whole, rest) => rest ? whole + "." + rest : whole);
  const said = (input) => {
    const option = input.options && [...input.options].find((each) => each.value === input.dataset.was);
    return option ? option.text : input.dataset.was;
  };
  const look = () => {
    const marks = [];
    for (const line of form.querySelectorAll(".report-line")) {
      let changed = false;
      for (const input of line.querySelectorAll("[data-was]")) {
        const differs = plain(input.value) !== plain(input.dataset.was);
        changed = changed || differs;
        input.classList.toggle("is-changed", differs);
        const was = differs ? said(input) : "";
        let note = input.parentElement.querySelector(".was");
        if (was && !note) { note = document.createElement("span"); note.className = "was"; input.parentElement.append(note); }
        if (note) note.textContent = was ? "← " + was : "";
      }
      line.classList.toggle("is-changed", changed);
      if (changed) marks.push(line.dataset.mark);
    }
    count.textContent = marks.length ? count.dataset.some + marks.join("、") : count.dataset.none;
  };
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
});
