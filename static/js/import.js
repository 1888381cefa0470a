/* Preview of an import: N and Shift+N go to the next and previous wrong cell; the button says what the mode writes. */
(function () {
  "use strict";
  var typing = (window.Luodi && window.Luodi.typing) || function () { return false; };
  document.addEventListener("keydown", function (event) {
    if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    var cells = Array.prototype.slice.call(document.querySelectorAll("td.is-error"));
    if (!cells.length) return;
    var here = cells.indexOf(document.activeElement);
    var next = event.shiftKey ? (here <= 0 ? cells.length - 1 : here - 1) : (here + 1) % cells.length;
    cells[next].focus();
    event.preventDefault();
  });
  document.querySelectorAll("input[name=mode]").forEach(function (radio) {
    radio.addEventListener("change", function () {
      document.querySelectorAll(".choice").forEach(function (choice) {
        choice.classList.toggle("is-on", choice.contains(radio));
      });
    });
  });
})();
