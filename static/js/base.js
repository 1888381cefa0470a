/* Every page: htmx set-up, confirm, submit once, messages, menus, dialogs, idle warning, error focus. No dependencies. */
(function () {
  "use strict";
  var body = document.body;
  var words = (document.getElementById("words") || body).dataset;
  var Luodi = (window.Luodi = { words: words });

  Luodi.typing = function (target) {
    return !!(target && target.closest && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]"));
  };
  Luodi.toLogin = function () {
    location.assign(body.dataset.login + "?next=" + encodeURIComponent(location.pathname + location.search));
  };
  Luodi.isLogin = function (url) {
    return !!body.dataset.login && !!url && new URL(url, location.href).pathname === body.dataset.login;
  };

  /* htmx: CSRF, log-in instead of a fragment, failed swaps keep the old data and say so */
  document.addEventListener("htmx:configRequest", function (event) {
    event.detail.headers["X-CSRFToken"] = body.dataset.csrf;
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (Luodi.isLogin(event.detail.xhr.responseURL)) {
      event.detail.shouldSwap = false;
      Luodi.toLogin();
    }
  });
  function clearSwapError(target) {
    var before = target.previousElementSibling;
    if (before && before.classList.contains("swap-error")) before.remove();
  }
  function showSwapError(event) {
    var target = event.detail.target || event.target;
    var source = event.detail.elt;
    if (!target || !target.parentElement || target.closest("tbody")) target = (target && target.closest(".card, main")) || target;
    clearSwapError(target);
    var line = document.createElement("div");
    line.className = "swap-error";
    line.setAttribute("role", "alert");
    line.append(words.failed);
    var again = document.createElement("button");
    again.type = "button";
    again.className = "link-button";
    again.textContent = words.retry;
    again.addEventListener("click", function () {
      line.remove();
      if (source.tagName === "FORM") source.requestSubmit();
      else source.click();
    });
    line.append(again);
    target.before(line);
  }
  document.addEventListener("htmx:responseError", showSwapError);
  document.addEventListener("htmx:sendError", showSwapError);
  document.addEventListener("htmx:timeout", showSwapError);
  document.addEventListener("htmx:afterSwap", function (event) {
    clearSwapError(event.detail.target);
    focusErrors(event.detail.target);
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    var target = event.detail.target;
    if (target) target.waiting = setTimeout(function () { target.classList.add("is-loading"); }, 300);
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var target = event.detail.target;
    if (target) {
      clearTimeout(target.waiting);
      target.classList.remove("is-loading");
    }
    release(event.detail.elt);
  });

  /* Errors: the summary takes the focus; its links lead to the field */
  function focusErrors(root) {
    var box = root && root.querySelector && root.querySelector(".error-summary");
    if (box) box.focus();
  }
  focusErrors(document);
  document.addEventListener("click", function (event) {
    var link = event.target.closest(".error-summary a[href^='#']");
    if (!link) return;
    var field = document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    event.preventDefault();
    if (!field.matches("input, select, textarea")) field = field.querySelector("input, select, textarea") || field;
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });

  /* Chips and tabs that run past the edge of a phone: the current one comes in sight */
  document.querySelectorAll(".chips [aria-current], .tabs [aria-current]").forEach(function (link) {
    var bar = link.closest(".chips, .tabs");
    var past = link.offsetLeft + link.offsetWidth + 16 - bar.clientWidth;
    if (past > 0) bar.scrollLeft = past;
  });

  /* Confirm: data-confirm on a form or on its button; hx-confirm too */
  function ask(text, yes) {
    var box = document.getElementById("confirm-dialog");
    if (!box || !box.showModal) return window.confirm(text) && yes();
    box.querySelector("[data-text]").textContent = text;
    box.querySelector("[data-yes]").onclick = function () { box.close(); yes(); };
    box.querySelector("[data-no]").onclick = function () { box.close(); };
    box.showModal();
  }
  Luodi.ask = ask;
  document.addEventListener("htmx:confirm", function (event) {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, function () { event.detail.issueRequest(true); });
  });

  /* Submit once. A download (data-download) or a search form may be sent again. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var button = event.submitter;
    var question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (question && !form.confirmed) {
      event.preventDefault();
      event.stopPropagation();
      ask(question, function () {
        form.confirmed = true;
        form.requestSubmit(button || undefined);
        form.confirmed = false;
      });
      return;
    }
    if (form.method !== "post" || form.hasAttribute("data-download") || form.target) return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    form.dataset.sent = "1";
    if (button && button.classList.contains("btn")) {
      setTimeout(function () {
        button.setAttribute("aria-disabled", "true");
        button.dataset.label = button.textContent;
        button.textContent = words.working;
      }, 0);
    }
  }, true);
  function release(element) {
    if (!element || element.tagName !== "FORM" || !element.dataset.sent) return;
    delete element.dataset.sent;
    element.querySelectorAll("[data-label][aria-disabled]").forEach(function (button) {
      button.removeAttribute("aria-disabled");
      button.textContent = button.dataset.label;
    });
  }
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("a[aria-disabled=true], button[aria-disabled=true]")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    var form = event.target.closest && event.target.closest("form");
    if (form && form.method === "post") {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  /* Small things: dismiss, open and close dialogs, auto-submit filters, close menus */
  document.addEventListener("click", function (event) {
    var target = event.target;
    var hit = target.closest("[data-dismiss]");
    if (hit) hit.closest(".alert").remove();
    hit = target.closest("[data-open]");
    if (hit) document.getElementById(hit.dataset.open).showModal();
    hit = target.closest("[data-close]");
    if (hit) hit.closest("dialog").close();
    if (target.closest("[data-keys]")) document.getElementById("keys-dialog").showModal();
    if (target.closest("[data-print]")) window.print();
    document.querySelectorAll("details.drop[open], .tabbar details[open]").forEach(function (menu) {
      if (!menu.contains(target)) menu.open = false;
    });
  });
  if (window.matchMedia("(max-width: 640px)").matches) {
    var here = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    document.querySelectorAll("details.filters-sheet[open], details.panel-rest[open], details[data-phone-closed][open]").forEach(function (sheet) {
      sheet.open = !!here && sheet.contains(here);
    });
  }
  document.addEventListener("change", function (event) {
    if (event.target.form && event.target.form.matches("[data-autosubmit]") && !event.target.matches("[type=search], [type=text]")) event.target.form.requestSubmit();
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.drop[open], .tabbar details[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  /* Idle: a warning two minutes before the server ends the session; activity in another tab counts */
  var minutes = parseFloat(body.dataset.idleMinutes || "0");
  var box = document.getElementById("idle-dialog");
  if (minutes > 0 && box && box.showModal) {
    var limit = minutes * 60000;
    var warn = Math.min(120000, limit / 2);
    var key = "luodi-last-request";
    var note = function () { try { localStorage.setItem(key, String(Date.now())); } catch (error) { /* private mode */ } };
    var last = function () { try { return parseInt(localStorage.getItem(key), 10) || Date.now(); } catch (error) { return Date.now(); } };
    note();
    document.addEventListener("htmx:afterRequest", note);
    box.querySelector("[data-stay]").addEventListener("click", function () {
      box.close();
      fetch(body.dataset.keepalive || location.href, { credentials: "same-origin" }).then(function (answer) {
        if (Luodi.isLogin(answer.url)) Luodi.toLogin();
        else note();
      });
    });
    setInterval(function () {
      var left = limit - (Date.now() - last());
      if (left <= -2000) Luodi.toLogin(); /* by then the server has ended the session too */
      else if (left <= warn) {
        box.querySelector("[data-seconds]").textContent = Math.max(0, Math.ceil(left / 1000));
        if (!box.open) box.showModal();
      } else if (box.open) box.close();
    }, 1000);
  }
})();
