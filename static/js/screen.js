/* The wall: a clock, pages that flip, fresh content every minute, and a bar that says so when there is none.
   Data attributes of <body>: data-body (address), data-phone, data-words (JSON of sentences). Nothing is scrolled or flashed. */
(function () {
  "use strict";
  var REFRESH = 60000, FLIP = 12000, TICK = 10000, SHIFT = 600000, OFFLINE = 180000, TOO_OLD = 3600000, PATIENCE = 20000;
  var body = document.body, holder = document.getElementById("wall-body");
  if (!holder) return;
  var words = JSON.parse(document.getElementById("wall-words").textContent);
  var skew = 0, dataAt = 0, next = 0, asking = false, tries = 0, refused = false, row = 0, tick = 0, shift = 0;
  var version = content("data-version");

  function content(name) {
    var first = holder.firstElementChild;
    return first ? first.getAttribute(name) || "" : "";
  }
  function now() { return Date.now() + skew; }
  function pad(number) { return (number < 10 ? "0" : "") + number; }
  // Everybody in the city has one time, whatever zone the display was set to: UTC+8, no summer time.
  function local(at) { return new Date(at + 8 * 3600000); }
  function hm(at) { var d = local(at); return pad(d.getUTCHours()) + ":" + pad(d.getUTCMinutes()); }
  function hms(at) { return hm(at) + ":" + pad(local(at).getUTCSeconds()); }
  function day(at) {
    var d = local(at);
    return words.date.replace("{m}", d.getUTCMonth() + 1).replace("{d}", d.getUTCDate()).replace("{w}", words.days[d.getUTCDay()]);
  }
  function say(id, text) {
    var e = document.getElementById(id);
    if (e && e.textContent !== text) e.textContent = text;
  }
  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (all, name) { return values[name]; });
  }
  function show() {
    var at = now(), age = Math.max(0, at - dataAt), off = refused || age >= OFFLINE, same = local(at).toISOString().slice(0, 10) === local(dataAt).toISOString().slice(0, 10);
    var told = (same ? "" : day(dataAt) + " ") + hm(dataAt);
    say("wall-clock", day(at) + " " + hm(at));
    say("wall-off-clock", hm(at));
    say("wall-at", fill(words.at, { time: (same ? "" : day(dataAt) + " ") + hms(dataAt) }));
    document.getElementById("wall-head").hidden = off;
    document.getElementById("wall-off").hidden = !off;
    if (off) {
      say("wall-off-first", fill(refused ? words.refused : words.off, { time: told }));
      say("wall-off-second", fill(words.age, { minutes: Math.floor(age / 60000), tries: tries }) + (body.dataset.phone ? " · " + words.duty + " " + body.dataset.phone : ""));
    }
    body.classList.toggle("is-off", off);
    body.classList.toggle("is-old", refused || age >= TOO_OLD);
  }
  function perPage() {
    var many = window.matchMedia("(min-width: 2600px)").matches ? 12 : 6;
    return body.classList.contains("is-large") ? many * 5 / 6 : many;
  }
  function flip(selector, index, size, label) {
    var rows = holder.querySelectorAll(selector), pages = Math.max(1, Math.ceil(rows.length / size)), at = index % pages;
    for (var i = 0; i < rows.length; i++) rows[i].hidden = Math.floor(i / size) !== at;
    if (size === 1) say(label, rows.length ? (at + 1) + " / " + pages : "");
    else say(label, rows.length ? fill(words.page, { from: at * size + 1, to: Math.min(rows.length, (at + 1) * size), all: rows.length }) : "");
  }
  function draw() {
    flip(".wall-rows > li", row, perPage(), "wall-rows-page");
    flip(".wall-ticker li", tick, 1, "wall-tick-page");
  }
  function numbers() {
    var found = {};
    holder.querySelectorAll("[data-n]").forEach(function (e) { found[e.dataset.n] = e.textContent; });
    return found;
  }
  function take(html) {
    var before = numbers(), parsed = new DOMParser().parseFromString(html, "text/html");
    var fresh = parsed.body.firstElementChild;
    if (!fresh || !fresh.hasAttribute("data-at")) throw new Error("no wall");
    if (version && fresh.getAttribute("data-version") !== version) { location.reload(); return; }
    while (holder.firstChild) holder.removeChild(holder.firstChild);
    holder.appendChild(document.importNode(fresh, true));
    dataAt = Date.parse(content("data-at"));
    draw();
    holder.querySelectorAll("[data-n]").forEach(function (e) {
      if (e.dataset.n in before && before[e.dataset.n] !== e.textContent) {
        e.classList.add("is-new");
        setTimeout(function () { e.classList.remove("is-new"); }, 3000);
      }
    });
  }
  function refresh() {
    if (asking) return;
    asking = true;
    clearTimeout(next);
    var stop = window.AbortController ? new AbortController() : null;
    var timer = setTimeout(function () { if (stop) stop.abort(); }, PATIENCE);
    fetch(body.dataset.body, { cache: "no-store", credentials: "same-origin", redirect: "manual", signal: stop ? stop.signal : undefined, headers: { "X-Luodi-Background": "1" } })
      .then(function (response) {
        if (response.status === 401 || response.status === 403 || response.type === "opaqueredirect") {
          refused = true;
          while (holder.firstChild) holder.removeChild(holder.firstChild);
          throw new Error("refused");
        }
        if (!response.ok) throw new Error(String(response.status));
        var date = Date.parse(response.headers.get("Date") || "");
        if (date && Math.abs(date - Date.now()) > 5000) skew = date - Date.now(); else if (date) skew = 0;
        return response.text();
      })
      .then(function (html) { take(html); tries = 0; refused = false; })
      .catch(function () { tries += 1; })
      .then(function () { asking = false; clearTimeout(timer); show(); next = setTimeout(refresh, REFRESH); });
  }
  dataAt = Date.parse(content("data-at")) || Date.now();
  if (Math.abs(dataAt - Date.now()) > 5000) skew = dataAt - Date.now();
  setInterval(show, 1000);
  setInterval(function () { row += 1; draw(); }, FLIP);
  setInterval(function () { tick += 1; draw(); }, TICK);
  setInterval(function () {
    body.classList.remove("shift-" + shift);
    shift = (shift + 1) % 4;
    body.classList.add("shift-" + shift);
  }, SHIFT);
  window.addEventListener("resize", draw);
  window.addEventListener("online", function () { if (tries) refresh(); });
  show();
  draw();
  next = setTimeout(refresh, REFRESH);
})();
