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

  /* Once a minute: has one of the pools moved? Asked in the background, so that the page keeps no session alive. */
  var box = document.getElementById("unlock-moved");
  var timer = box && setInterval(function () {
    if (document.hidden) return;
    fetch(box.dataset.watch, { headers: { "X-Luodi-Background": "1", "HX-Request": "true" }, credentials: "same-origin" }).then(function (answer) {
      if (answer.status === 204) return "";
      clearInterval(timer);
      return answer.status === 200 ? answer.text() : "";
    }).then(function (text) {
      if (text) box.innerHTML = text;
    }).catch(function () { /* no network for a moment: the next minute asks again */ });
  }, 60000);

  document.addEventListener("change", function (event) {
    if (event.target.form === form) button.classList.add("is-due");
  });
})();
