/* Timeline: rows light up together, today in sight, real width, explanation in a dialog, replay day by day.
   Everything here is a comfort: links work without it. Plain ES2019. */
(function () {
  "use strict";
  var COOKIE = "timeline_width";
  var EXTRA = 14; // margin right of the time area, as in approvals/timeline_layout.py

  function all(root, selector) {
    return Array.prototype.slice.call(root.querySelectorAll(selector));
  }
  function typing(target) {
    return !!(target && target.closest && target.closest("input, textarea, select, [contenteditable]"));
  }
  function load(url) {
    return fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer.text();
    });
  }

  /* --- the drawing: today at 60 %, redraw at the real width ------------------------------------------------------ */
  function settle(card) {
    var box = card.querySelector(".tl-scroll");
    if (!box) return;
    if (box.scrollWidth > box.clientWidth + 4) box.scrollLeft = Math.max(0, Number(card.dataset.today) - box.clientWidth * 0.6);
  }
  function redraw(card, query) {
    var url = card.dataset.timeline + "?" + query;
    card.classList.add("is-loading");
    return load(url).then(
      function (html) {
        var holder = document.createElement("template");
        holder.innerHTML = html;
        var fresh = holder.content.querySelector("#timeline");
        card.replaceWith(fresh);
        settle(fresh);
        return fresh;
      },
      function (error) {
        card.classList.remove("is-loading");
        throw error;
      }
    );
  }
  function fit(card) {
    var box = card.querySelector(".tl-scroll");
    if (!box || !box.clientWidth) return; // the phone shows the list instead
    var width = Math.floor(box.clientWidth - EXTRA);
    var drawn = Number(card.dataset.width);
    document.cookie = COOKIE + "=" + width + ";path=/;max-age=31536000;samesite=lax";
    if (Math.abs(width - drawn) < 24) return;
    var query = new URLSearchParams(location.search);
    query.set("w", width);
    redraw(card, query.toString()).catch(function () {});
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest(".tl-controls a");
    var card = link && link.closest("#timeline");
    if (!card || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    var target = new URL(link.href);
    var query = new URLSearchParams(target.search);
    query.set("w", card.dataset.width);
    var label = link.textContent;
    redraw(card, query.toString()).then(
      function (fresh) {
        history.replaceState(null, "", target.pathname + target.search);
        var again = all(fresh, ".tl-controls a").find(function (a) { return a.textContent === label; });
        if (again) again.focus();
      },
      function () { location.assign(link.href); }
    );
  });

  /* --- one row, two halves: the name at the left and the bars at the right light up together -------------------------- */
  function heat(code, on) {
    var card = document.getElementById("timeline");
    if (!card) return;
    all(card, ".tl-stage, .tl-row").forEach(function (node) {
      node.classList.toggle("is-hot", on && node.getAttribute("data-code") === code);
    });
  }
  function codeAt(event) {
    var node = event.target.closest && event.target.closest(".tl-stage, .tl-row");
    return node ? node.getAttribute("data-code") : null;
  }
  document.addEventListener("mouseover", function (event) { var code = codeAt(event); if (code) heat(code, true); });
  document.addEventListener("mouseout", function (event) { if (codeAt(event)) heat("", false); });
  document.addEventListener("focusin", function (event) { var code = codeAt(event); if (code) heat(code, true); });
  document.addEventListener("focusout", function (event) { if (codeAt(event)) heat("", false); });
  document.addEventListener("keydown", function (event) {
    var row = event.target.closest && event.target.closest(".tl-row");
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      var rows = all(row.closest(".tl-svg"), ".tl-row");
      var next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
      event.preventDefault();
    } else if (event.key === "Enter") {
      open(row.getAttribute("data-code"));
      event.preventDefault();
    }
  });

  /* --- the facts of a stage, after 300 ms over its row or with the focus in it; taken from the table below the drawing --- */
  var WAIT = 300, GRACE = 150;
  var due = null, leaving = null, shownFor = null;
  function popover() {
    var box = document.getElementById("timeline-facts");
    if (box) return box;
    box = document.createElement("div");
    box.id = "timeline-facts";
    box.className = "tl-pop";
    box.setAttribute("role", "tooltip");
    box.addEventListener("mouseenter", function () { clearTimeout(leaving); });
    box.addEventListener("mouseleave", function () { leave(); });
    document.body.append(box);
    return box;
  }
  function fill(box, card, code) {
    var line = all(card, ".tl-mirror tr").find(function (node) { return node.getAttribute("data-code") === code; });
    if (!line) return false;
    var heads = all(line.closest("table"), "thead th");
    var title = document.createElement("p"), list = document.createElement("dl"), foot = document.createElement("small");
    title.className = "tl-pop-head";
    Array.prototype.forEach.call(line.children, function (cell, index) {
      var words = cell.textContent.trim();
      if (index < 2 || index === 4) {
        var part = document.createElement(index === 4 ? "span" : "b");
        part.append.apply(part, Array.prototype.map.call(cell.childNodes, function (node) { return node.cloneNode(true); }));
        title.append(part, " ");
      } else if (words && words !== "—" && words !== "0.0" && words !== "0") {
        var name = document.createElement("dt"), value = document.createElement("dd");
        name.textContent = heads[index].textContent;
        value.append.apply(value, Array.prototype.map.call(cell.childNodes, function (node) { return node.cloneNode(true); }));
        list.append(name, value);
      }
    });
    all(title, "a").forEach(function (link) { link.replaceWith(link.textContent); });
    foot.textContent = card.dataset.hint;
    box.replaceChildren(title, list, foot);
    return true;
  }
  function tell(node, x) {
    var card = node.closest("#timeline"), box = popover();
    if (!fill(box, card, node.getAttribute("data-code"))) return;
    box.classList.add("is-shown");
    if (shownFor) shownFor.removeAttribute("aria-describedby");
    shownFor = node;
    node.setAttribute("aria-describedby", box.id);
    var row = node.getBoundingClientRect(), scroll = card.querySelector(".tl-scroll").getBoundingClientRect();
    var left = x === null ? Math.max(row.left, scroll.left) + 24 : x + 12;
    var below = row.bottom + 4, above = row.top - box.offsetHeight - 4;
    box.style.left = Math.max(8, Math.min(left, document.documentElement.clientWidth - box.offsetWidth - 8)) + "px";
    box.style.top = (below + box.offsetHeight > window.innerHeight && above > 0 ? above : below) + "px";
  }
  function hush() {
    clearTimeout(due);
    hide();
  }
  function hide() {
    clearTimeout(leaving);
    if (shownFor) shownFor.removeAttribute("aria-describedby");
    shownFor = null;
    var box = document.getElementById("timeline-facts");
    if (box) box.classList.remove("is-shown");
  }
  function leave() {
    clearTimeout(due);
    clearTimeout(leaving);
    leaving = setTimeout(hush, GRACE);
  }
  function soon(event, x) {
    var node = event.target.closest && event.target.closest(".tl-stage, .tl-row");
    if (!node) return;
    clearTimeout(leaving);
    if (node === shownFor) return;
    clearTimeout(due);
    due = setTimeout(function () { if (node.isConnected) tell(node, x); }, WAIT);
  }
  document.addEventListener("mouseover", function (event) { soon(event, event.clientX); });
  document.addEventListener("mouseout", function (event) { if (codeAt(event)) leave(); });
  document.addEventListener("focusin", function (event) { soon(event, null); });
  document.addEventListener("focusout", function (event) { if (codeAt(event)) leave(); });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") hush(); });
  document.addEventListener("click", hush);
  // A focus scrolls its row into sight: what is shown goes, what is due stays.
  window.addEventListener("scroll", function () { if (shownFor) hide(); }, { passive: true, capture: true });

  /* --- the explanation in a dialog ----------------------------------------------------------------------------------- */
  function open(code) {
    var card = document.getElementById("timeline");
    var link = card && all(card, ".tl-stage").find(function (node) { return node.getAttribute("data-code") === code; });
    if (link) explain(link.querySelector("[data-explain]").href);
  }
  function explain(url) {
    hush();
    var dialog = document.getElementById("explain-dialog");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.id = "explain-dialog";
      dialog.className = "ex-dialog";
      var card = document.getElementById("timeline");
      dialog.setAttribute("aria-label", card ? card.dataset.dialog : "");
      document.body.append(dialog);
      dialog.addEventListener("click", function (event) {
        if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
      });
    }
    if (!dialog.showModal) return location.assign(url);
    load(url).then(
      function (html) {
        dialog.innerHTML = html;
        if (!dialog.open) dialog.showModal();
        dialog.focus();
      },
      function () { location.assign(url); }
    );
  }
  document.addEventListener("click", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    var link = event.target.closest && event.target.closest("a[data-explain], a.tl-number");
    if (!link || !document.getElementById("timeline")) return;
    event.preventDefault();
    explain(link.href.baseVal || link.href);
  });

  /* --- replay: one day per press of the space bar -------------------------------------------------------------------- */
  function step(part, by) {
    var lines = all(part, "[data-lines] li");
    var strip = part.querySelector(".ex-strip");
    if (!strip || !lines.length) return;
    var at = part.hasAttribute("data-at") ? Number(part.dataset.at) + by : 0;
    var now = part.querySelector("[data-now]");
    if (at >= lines.length || at < 0) {
      part.removeAttribute("data-at");
      strip.classList.remove("is-replaying");
      all(strip, ".ex-day").forEach(function (cell) { cell.classList.remove("is-past", "is-here"); });
      now.hidden = true;
      return;
    }
    part.dataset.at = at;
    strip.classList.add("is-replaying");
    all(strip, ".ex-day").forEach(function (cell, index) {
      cell.classList.toggle("is-past", index <= at);
      cell.classList.toggle("is-here", index === at);
      if (index === at && cell.scrollIntoView) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    now.hidden = false;
    now.textContent = lines[at].textContent;
  }
  function shown() {
    var dialog = document.getElementById("explain-dialog");
    if (dialog && dialog.open) return dialog.querySelector("[data-replay]");
    return document.querySelector("main [data-replay]");
  }
  document.addEventListener("keydown", function (event) {
    var part = shown();
    if (!part || typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    var button = event.target.closest && event.target.closest("button, a, summary");
    if (event.key === " " && (!button || button.hasAttribute("data-step"))) {
      event.preventDefault();
      step(part, event.shiftKey ? -1 : 1);
    } else if (part.hasAttribute("data-at") && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      step(part, event.key === "ArrowRight" ? 1 : -1);
    }
  });
  document.addEventListener("click", function (event) {
    var target = event.target;
    if (!target.closest) return;
    var button = target.closest("[data-step]");
    if (button) step(button.closest("[data-replay]"), 1);
    var copy = target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.dataset.copy).then(function () { copy.textContent = copy.dataset.done; });
    }
  });

  /* --- start --------------------------------------------------------------------------------------------------------- */
  function start() {
    var card = document.getElementById("timeline");
    if (!card) return;
    settle(card);
    fit(card);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
