/* The list beside the map: rows come as HTML from the server; J and K move, Enter or a click shows the project there. */
(function () {
  "use strict";
  var Map = window.LuodiMap;

  /* `act`: {choose(pk, row), hover(pk or null), query() → string} */
  Map.list = function (root, act) {
    var rows = root.querySelector("#map-rows");
    var total = root.querySelector("[data-total]");
    var running = null;
    var current = -1;
    var asked = null;

    function all() { return Array.prototype.slice.call(rows.querySelectorAll("a.map-row")); }
    function load(more) {
      var query = act.query();
      if (more) query += "&from=" + more;
      if (query === asked) return Promise.resolve(); /* the same rows: they are there or under way */
      asked = query;
      if (running) running.abort();
      running = new AbortController();
      rows.setAttribute("aria-busy", "true");
      return fetch(act.url + "?" + query, { credentials: "same-origin", signal: running.signal, headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) {
          if (window.Luodi && Luodi.isLogin(answer.url)) return Luodi.toLogin();
          if (!answer.ok) throw new Error(answer.status);
          return answer.text();
        })
        .then(function (html) {
          if (html === undefined) return;
          /* our own template's rows: everything that people typed is escaped there, and the page's policy runs no markup */
          var fresh = new DOMParser().parseFromString("<ol>" + html + "</ol>", "text/html").querySelector("ol");
          var button = rows.querySelector(".map-more");
          if (more && button) button.remove();
          if (!more) {
            rows.textContent = "";
            rows.scrollTop = 0;
          }
          Array.prototype.slice.call(fresh.children).forEach(function (row) { rows.append(document.adoptNode(row)); });
          told();
        })
        .catch(function (error) {
          if (error.name === "AbortError") return;
          asked = null;
          throw error;
        })
        .finally(function () { rows.removeAttribute("aria-busy"); });
    }
    function told() {
      var marks = rows.querySelectorAll("[data-total]");
      var last = marks[marks.length - 1];
      if (last) act.total(parseInt(last.dataset.total, 10));
      act.drawn(all());
    }
    function mark(pk, name) {
      all().forEach(function (row) { row.classList.toggle(name, !!pk && row.dataset.pk === String(pk)); });
    }
    function focus(at) {
      var every = all();
      if (!every.length) return;
      current = Math.max(0, Math.min(every.length - 1, at));
      every[current].focus();
      every[current].scrollIntoView({ block: "nearest" });
    }

    rows.addEventListener("click", function (event) {
      var more = event.target.closest("[data-from]");
      if (more) return load(more.dataset.from);
      var row = event.target.closest("a.map-row");
      if (!row || row.hasAttribute("data-unplaced") || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      act.choose(parseInt(row.dataset.pk, 10), row);
    });
    ["mouseover", "focusin"].forEach(function (kind) {
      rows.addEventListener(kind, function (event) {
        var row = event.target.closest("a.map-row");
        if (row) act.hover(parseInt(row.dataset.pk, 10));
      });
    });
    ["mouseleave", "focusout"].forEach(function (kind) { rows.addEventListener(kind, function () { act.hover(null); }); });
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || (window.Luodi && Luodi.typing(event.target))) return;
      var key = event.key.toLowerCase();
      var at = all().indexOf(document.activeElement);
      if (key === "l") focus(current < 0 ? 0 : current);
      else if (key === "j" && at >= 0) focus(at + 1);
      else if (key === "k" && at >= 0) focus(at - 1);
      else if (key === "j" || key === "k") focus(current < 0 ? 0 : current);
      else return;
      event.preventDefault();
    });
    return { load: load, mark: mark, told: told, total: total, scrollTo: function (pk) {
      var row = rows.querySelector('a.map-row[data-pk="' + pk + '"]');
      if (row) row.scrollIntoView({ block: "nearest" });
    } };
  };
})();
