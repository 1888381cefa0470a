/* Action panel: when the day changes, say anew what recording would change. The server counts; this only asks. */
(function () {
  "use strict";
  document.addEventListener("change", function (event) {
    if (event.target.name !== "occurred_on") return;
    var box = event.target.form.querySelector("[data-preview]");
    if (!box) return;
    fetch(box.dataset.preview + "&occurred_on=" + encodeURIComponent(event.target.value), { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (html) { if (html) box.innerHTML = html; });
  });
})();
