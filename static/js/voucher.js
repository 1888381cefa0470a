/* Pages of the quota ledgers: rows that unfold, the voucher form's live check, keys. Everything also works without. */
(function () {
  "use strict";

  /* Overview: a link that unfolds a row; without scripts it loads the page with the row open */
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-expands]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    var row = document.getElementById(link.dataset.expands);
    if (!row) return;
    event.preventDefault();
    row.hidden = !row.hidden;
    link.setAttribute("aria-expanded", String(!row.hidden));
    link.textContent = row.hidden ? link.dataset.open : link.dataset.shut;
  });

  /* Keys: N opens the voucher form, Esc closes it (what was typed stays as a draft of the browser) */
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]:not(.refusal)")) return;
    if (event.key === "Escape") {
      var close = document.querySelector("dialog.refusal [data-esc]") || document.querySelector("[data-esc]");
      if (close && !document.querySelector("details.drop[open]")) { event.preventDefault(); close.click(); }
      return;
    }
    if (event.key.toLowerCase() !== "n" || event.shiftKey || (window.Luodi && window.Luodi.typing(event.target))) return;
    var open = document.querySelector("[data-key=n]");
    if (open) { event.preventDefault(); open.click(); }
  });

  /* The live check: 200 ms after the last change the server says what the form would do; only its answer counts */
  var form = document.querySelector("form[data-check]");
  if (form) {
    var box = form.querySelector("[data-check-box]");
    var button = form.querySelector("[data-submit]");
    var timer = 0;
    var asked = 0;
    var field = function (name) { return form.elements[name]; };

    var mark = function () {
      var demand = field("demand");
      var chosen = demand && demand.selectedOptions && demand.selectedOptions[0];
      var project = chosen && chosen.dataset.project;
      document.querySelectorAll("tr[data-projects]").forEach(function (row) {
        row.classList.toggle("is-chosen", !!project && row.dataset.projects.split(" ").indexOf(project) >= 0);
      });
    };
    var ask = function () {
      var mine = ++asked;
      var data = new FormData(form);
      data.delete("file");
      box.classList.add("is-waiting");
      fetch(form.dataset.check, { method: "POST", body: data, credentials: "same-origin", headers: { "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true" } })
        .then(function (answer) {
          if (answer.status === 401 && window.Luodi) window.Luodi.toLogin();
          return answer.ok ? answer.text() : "";
        })
        .then(function (html) {
          if (mine !== asked) return;
          box.classList.remove("is-waiting");
          if (html) show(html);
        })
        .catch(function () { box.classList.remove("is-waiting"); });
    };
    var show = function (html) {
      box.innerHTML = html;
      var result = box.querySelector("[data-result]");
      if (!result) return;
      field("seen_available").value = result.dataset.available;
      field("seen_at").value = result.dataset.at;
      button.disabled = result.dataset.short === "1";
    };
    var later = function () { clearTimeout(timer); timer = setTimeout(ask, 200); };
    form.addEventListener("input", later);
    form.addEventListener("change", function (event) {
      if (event.target.name === "demand") {
        var chosen = event.target.selectedOptions[0];
        var amount = field("amount");
        if (amount && chosen && chosen.dataset.gap && !amount.dataset.typed) amount.value = chosen.dataset.gap;
        if (amount) { amount.focus(); amount.select(); }
      }
      mark();
      later();
    });
    form.addEventListener("click", function (event) {
      var offer = event.target.closest("[data-amount]");
      if (!offer) return;
      field("amount").value = offer.dataset.amount;
      later();
    });
    if (field("amount")) field("amount").addEventListener("input", function (event) { this.dataset.typed = this.value ? "1" : ""; });

    /* Enter goes to the next field, Ctrl+Enter submits (base.js) */
    form.addEventListener("keydown", function (event) {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("input:not([type=checkbox])")) return;
      event.preventDefault();
      var all = Array.prototype.filter.call(form.elements, function (element) { return element.type !== "hidden" && !element.disabled && element.offsetParent; });
      var next = all[all.indexOf(event.target) + 1];
      if (next) next.focus();
    });
    mark();
    ask();
    var first = form.querySelector(".has-error input, .has-error select") || field("demand") || field("reservation") || field("amount");
    if (first && !document.querySelector(".error-summary")) first.focus();
    if (first && first.name === "demand" && first.value && field("amount")) field("amount").focus();
  }

  /* The refusal: the chosen way out is repeated on the button */
  var dialog = document.querySelector("dialog.refusal");
  if (dialog) {
    if (dialog.showModal) { dialog.close(); dialog.showModal(); dialog.scrollTop = 0; }
    var go = dialog.querySelector("[data-way]");
    var choose = function () {
      var way = dialog.querySelector("input[name=way]:checked");
      dialog.querySelectorAll(".refusal-ways li").forEach(function (row) { row.classList.toggle("is-on", !!way && row.contains(way)); });
      if (go && way) { go.textContent = way.dataset.label; go.value = way.value; }
    };
    dialog.addEventListener("change", choose);
    dialog.addEventListener("cancel", function (event) { event.preventDefault(); dialog.querySelector("[data-esc]").click(); });
    if (go) go.addEventListener("click", function (event) {
      var way = dialog.querySelector("input[name=way]:checked");
      if (way && way.dataset.href) { event.preventDefault(); location.assign(way.dataset.href); }
      else if (way && way.dataset.copy) {
        event.preventDefault();
        if (navigator.clipboard) navigator.clipboard.writeText(way.dataset.copy);
        go.textContent = way.dataset.copied || "✓";
      }
    });
    choose();
    if (go) go.focus();
  }
})();
