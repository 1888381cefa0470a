/* The unlock planner: the address stays short, and the button says when something is no longer what was computed. */
(function () {
  "use strict";
  var form = document.getElementById("unlock-form");
  if (!form) return;
  var button = form.querySelector("button.btn-primary");

  form.addEventListener("submit", function () {
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.name && (field.value === "" || field.value === "0") && field.type !== "checkbox") field.disabled = true;
    });
  });
  window.addEventListener("pageshow", function () {
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.name) field.disabled = false;
    });
  });
  document.addEventListener("change", function (event) {
    if (event.target.form === form) button.classList.add("is-due");
  });
})();
