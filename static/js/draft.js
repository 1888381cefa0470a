/* Drafts: form[data-draft="key"] keeps what was typed in sessionStorage and restores it after an idle time-out.
   A draft belongs to one person and one page. A form that was sent is forgotten on the next page, unless that page is
   the log-in page (the session had ended) or the form's own page without a message of success (an error page came between). Passwords and files are never kept. */
(function () {
  "use strict";
  var user = document.body.dataset.user || "";
  var store;
  try { store = window.sessionStorage; store.getItem("x"); } catch (error) { return; }

  function drafts() {
    return Object.keys(store).filter(function (key) { return key.indexOf("draft:") === 0; });
  }
  function read(key) {
    try { return JSON.parse(store.getItem(key)); } catch (error) { return null; }
  }
  function write(key, draft) {
    try { store.setItem(key, JSON.stringify(draft)); } catch (error) { /* full: typing goes on without a draft */ }
  }

  if (!user) { /* the log-in page or a visitor's page: remember that a log-in came between */
    store.setItem("via-login", "1");
    return;
  }
  var viaLogin = store.getItem("via-login") === "1";
  store.removeItem("via-login");
  var saved = !!document.querySelector(".messages .alert-success");
  var here = "draft:" + user + ":" + location.pathname + ":";
  drafts().forEach(function (key) {
    if (key.indexOf("draft:" + user + ":") !== 0) store.removeItem(key); /* another person sits here now */
    else {
      var draft = read(key);
      if (!draft || (draft.sent && !viaLogin && (saved || key.indexOf(here) !== 0))) store.removeItem(key);
      else if (draft.sent) { draft.sent = false; write(key, draft); }
    }
  });

  function fields(form) {
    return Array.prototype.filter.call(form.elements, function (element) {
      if (element.type === "hidden") return element.dataset.keep !== undefined; /* e.g. what the draft was typed upon */
      return element.name && !element.disabled && !element.readOnly && ["password", "file", "submit", "button"].indexOf(element.type) < 0;
    });
  }
  function valueOf(element) {
    if (element.type === "checkbox" || element.type === "radio") return element.checked;
    if (element.multiple) return Array.prototype.map.call(element.selectedOptions, function (option) { return option.value; });
    return element.value;
  }
  function values(form) {
    return fields(form).map(function (element) {
      var single = element.type === "checkbox" || element.type === "radio";
      return [element.name + (single ? "=" + element.value : ""), valueOf(element)];
    });
  }
  function restore(form, saved) {
    var table = {};
    var changed = false;
    var answered = !!document.querySelector(".error-summary"); /* the server has just said what the values are compared with */
    saved.forEach(function (pair) { table[pair[0]] = pair[1]; });
    fields(form).forEach(function (element) {
      var single = element.type === "checkbox" || element.type === "radio";
      var value = table[element.name + (single ? "=" + element.value : "")];
      if (element.type === "hidden" && answered) return;
      if (value === undefined || JSON.stringify(value) === JSON.stringify(valueOf(element))) return;
      changed = changed || element.type !== "hidden";
      if (single) element.checked = value;
      else if (element.multiple) Array.prototype.forEach.call(element.options, function (option) { option.selected = value.indexOf(option.value) >= 0; });
      else element.value = value;
      element.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return changed;
  }
  function tell(form, key, blank) {
    var line = document.createElement("div");
    line.className = "alert alert-info";
    line.setAttribute("role", "status");
    line.append(window.Luodi.words.restored);
    var button = document.createElement("button");
    button.type = "button";
    button.className = "link-button end";
    button.textContent = window.Luodi.words.discard;
    button.addEventListener("click", function () {
      restore(form, blank);
      store.removeItem(key);
      line.remove();
    });
    line.append(button);
    form.before(line);
  }
  function keep(form) {
    if (form.draftKey) return;
    var key = (form.draftKey = "draft:" + user + ":" + location.pathname + ":" + form.dataset.draft);
    var blank = values(form);
    var draft = read(key);
    if (draft && !form.querySelector(".error-summary, .has-error") && restore(form, draft.values)) tell(form, key, blank);
    var save = function (event) { if (event.isTrusted) write(key, { values: values(form), sent: false }); };
    form.addEventListener("input", save);
    form.addEventListener("change", save);
    form.addEventListener("submit", function () { write(key, { values: values(form), sent: true }); });
    form.addEventListener("htmx:afterRequest", function (event) {
      if (event.detail.elt === form && event.detail.successful) store.removeItem(key);
    });
  }
  function start() { document.querySelectorAll("form[data-draft]").forEach(keep); }
  start();
  document.addEventListener("htmx:afterSwap", start);
  document.addEventListener("submit", function (event) {
    if (event.target.hasAttribute("data-logout")) drafts().forEach(function (key) { store.removeItem(key); });
  });
})();
