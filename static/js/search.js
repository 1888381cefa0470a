/* Search suggestions: .search[data-search] holds a form with input name=q and a listbox. The server answers GET ?q=
   with the header HX-Request by a fragment (templates/_parts/suggest.html); without scripts the form leads to a page. */
(function () {
  "use strict";
  document.querySelectorAll("[data-search]").forEach(function (root) {
    var form = root.querySelector("form");
    var input = form.querySelector("input[name=q]");
    var list = root.querySelector("[role=listbox]");
    var timer = 0;
    var running = null;
    var asked = "";

    function options() { return Array.prototype.slice.call(list.querySelectorAll("[role=option]")); }
    function chosen() { return list.querySelector("[aria-selected=true]"); }
    function show(visible) {
      list.hidden = !visible;
      input.setAttribute("aria-expanded", String(visible));
      if (!visible) input.removeAttribute("aria-activedescendant");
    }
    function choose(option) {
      var old = chosen();
      if (old) old.setAttribute("aria-selected", "false");
      if (!option) return input.removeAttribute("aria-activedescendant");
      option.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
    function load() {
      var text = input.value.trim();
      if (!text) { asked = ""; return show(false); }
      if (text === asked) return show(true);
      if (running) running.abort();
      running = new AbortController();
      var url = new URL(form.action);
      url.searchParams.set("q", text);
      fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal: running.signal }).then(function (answer) {
        if (window.Luodi.isLogin(answer.url)) return window.Luodi.toLogin();
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text().then(function (html) {
          if (input.value.trim() !== text) return;
          asked = text;
          list.innerHTML = html;
          options().forEach(function (option, index) { if (!option.id) option.id = "suggest-" + (index + 1); });
          show(document.activeElement === input);
        });
      }).catch(function (error) {
        if (error.name === "AbortError") return;
        list.textContent = "";
        var line = document.createElement("div");
        line.className = "suggest-head";
        line.textContent = window.Luodi.words.failed;
        list.append(line);
        show(true);
      });
    }
    input.addEventListener("input", function (event) {
      if (event.isComposing) return;
      clearTimeout(timer);
      timer = setTimeout(load, 150);
    });
    input.addEventListener("compositionend", function () { clearTimeout(timer); timer = setTimeout(load, 50); });
    input.addEventListener("focus", function () { if (asked && asked === input.value.trim()) show(true); });
    input.addEventListener("keydown", function (event) {
      if (event.isComposing) return;
      var all = options();
      var at = all.indexOf(chosen());
      if (event.key === "ArrowDown" && !list.hidden) { event.preventDefault(); choose(all[Math.min(all.length - 1, at + 1)]); }
      else if (event.key === "ArrowUp" && !list.hidden) { event.preventDefault(); choose(all[at - 1]); }
      else if (event.key === "Enter" && !list.hidden && chosen()) { event.preventDefault(); location.assign(chosen().href); }
      else if (event.key === "Escape") {
        event.preventDefault();
        if (!list.hidden) show(false);
        else { input.value = ""; asked = ""; input.blur(); }
      }
    });
    document.addEventListener("click", function (event) { if (!root.contains(event.target)) show(false); });
    root.addEventListener("focusout", function (event) {
      if (event.relatedTarget && !root.contains(event.relatedTarget)) show(false);
    });
  });
})();
