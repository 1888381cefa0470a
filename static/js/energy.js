/* The energy form on the phone: a carrier that is not used shows its quantity only (assets.css). */
(function () {
  "use strict";
  document.addEventListener("input", function (event) {
    var row = event.target.closest("[data-energy-row]");
    if (!row) return;
    var used = Array.prototype.some.call(row.querySelectorAll("input"), function (input) { return input.value !== ""; });
    row.classList.toggle("is-unused", !used);
  });
})();
