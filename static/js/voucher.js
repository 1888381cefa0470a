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
})();
