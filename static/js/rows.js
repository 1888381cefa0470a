/* Rows: the whole row is the link; J K Enter X U; selection with a bulk bar; N for errors; / and ?.
   Mark-up: tr or li with data-href; input.row-check inside; input.check-all; .bulk-bar[hidden] with [data-count];
   .table-caption is hidden while something is selected, so the table does not jump. */
(function () {
  "use strict";
  var ROWS = "tr[data-href], li[data-href], [data-row]";
  var anchor = null;

  function rows() {
    return Array.prototype.filter.call(document.querySelectorAll(ROWS), function (row) { return row.offsetParent !== null; });
  }
  function current() {
    return document.querySelector(".is-current");
  }
  function go(row) {
    var old = current();
    if (old) old.classList.remove("is-current");
    row.classList.add("is-current");
    if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function open(row, away) {
    if (!row || !row.dataset.href) return;
    if (away) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  }
  function onRow(event) {
    var row = event.target.closest("[data-href]");
    if (!row || event.target.closest("a, button, input, label, select, textarea, summary, .check")) return null;
    return String(window.getSelection()) ? null : row;
  }
  document.addEventListener("click", function (event) {
    var row = onRow(event);
    if (row) open(row, event.ctrlKey || event.metaKey);
  });
  document.addEventListener("auxclick", function (event) {
    var row = event.button === 1 && onRow(event);
    if (row) open(row, true);
  });

  /* Selection */
  function refresh(scope) {
    var checks = scope.querySelectorAll(".row-check");
    var count = 0;
    checks.forEach(function (check) {
      if (check.checked) count += 1;
      var row = check.closest("tr, li");
      if (row) row.classList.toggle("is-selected", check.checked);
    });
    var all = scope.querySelector(".check-all");
    if (all) {
      all.checked = count > 0 && count === checks.length;
      all.indeterminate = count > 0 && count < checks.length;
    }
    var bar = scope.querySelector(".bulk-bar");
    var caption = scope.querySelector(".table-caption");
    if (bar) bar.hidden = count === 0;
    if (bar && caption) caption.hidden = count > 0;
    scope.querySelectorAll("[data-count]").forEach(function (place) { place.textContent = count; });
  }
  function scopeOf(element) {
    return element.closest("[data-selectable], form, .card") || document;
  }
  function range(from, to, value) {
    var list = Array.prototype.slice.call(scopeOf(to).querySelectorAll(".row-check"));
    var a = list.indexOf(from);
    var b = list.indexOf(to);
    if (a < 0) a = b;
    list.slice(Math.min(a, b), Math.max(a, b) + 1).forEach(function (check) { check.checked = value; });
  }
  document.addEventListener("click", function (event) {
    var check = event.target;
    if (check.matches(".row-check")) {
      if (event.shiftKey && anchor) range(anchor, check, check.checked);
      anchor = check;
      refresh(scopeOf(check));
    } else if (check.matches(".check-all")) {
      scopeOf(check).querySelectorAll(".row-check").forEach(function (one) { one.checked = check.checked; });
      refresh(scopeOf(check));
    } else if (check.closest("[data-clear-selection]")) {
      scopeOf(check).querySelectorAll(".row-check, .check-all").forEach(function (one) { one.checked = false; });
      refresh(scopeOf(check));
    }
  });
  function refreshAll() {
    document.querySelectorAll(".check-all, .bulk-bar").forEach(function (element) { refresh(scopeOf(element)); });
  }
  window.addEventListener("pageshow", refreshAll);
  document.addEventListener("htmx:afterSwap", refreshAll);

  /* Keys rest while somebody types or a dialog is open */
  function move(step) {
    var list = rows();
    if (!list.length) return;
    var at = list.indexOf(current());
    go(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, at + step))]);
  }
  function select(event) {
    var row = current();
    var check = row && row.querySelector(".row-check");
    if (!check) return;
    if (event.shiftKey && anchor) range(anchor, check, true);
    else check.checked = !check.checked;
    anchor = check;
    refresh(scopeOf(check));
  }
  function nextError(step) {
    var list = Array.prototype.slice.call(document.querySelectorAll("[data-error]"));
    if (!list.length) return;
    var at = list.indexOf(document.activeElement);
    var next = list[(at + step + list.length) % list.length] || list[0];
    if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
    next.focus();
  }
  var KEYS = {
    "/": function () { var box = document.getElementById("global-search"); if (box) { box.focus(); box.select(); } },
    "?": function () { var box = document.getElementById("keys-dialog"); if (box && box.showModal) box.showModal(); },
    j: function () { move(1); },
    k: function () { move(-1); },
    x: select,
    u: function () {
      var hit = (current() || document).querySelector("[data-update]");
      if (hit) hit.click();
    },
    n: function (event) { nextError(event.shiftKey ? -1 : 1); }
  };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (window.Luodi.typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter") {
      if (event.target.classList.contains("is-current")) open(event.target, false);
      return;
    }
    var action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) {
      event.preventDefault();
      action(event);
    }
  });
  document.addEventListener("focusin", function (event) {
    var row = event.target.closest(ROWS);
    var old = current();
    if (old && old !== row) old.classList.remove("is-current");
    if (row && event.target === row) row.classList.add("is-current");
  });
})();
