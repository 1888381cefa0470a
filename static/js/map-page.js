/* What the parts of the map page share: the map, the words, the state, and small helpers. The other map-*.js come after. */
(function () {
  "use strict";
  var Map = window.LuodiMap;
  var map = window.map_luodi;
  var told = map.luodi;
  var config = JSON.parse(document.getElementById("map-config").textContent);
  var words = config.words;
  told.words = words;

  function one(selector, root) { return (root || document).querySelector(selector); }
  function every(selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); }
  function make(tag, name, text) {
    var node = document.createElement(tag);
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  }
  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (all, key) { return key in values ? String(values[key]) : all; });
  }
  function say(text) { one("[data-say]").textContent = text; }
  function later(call, wait) {
    var timer;
    return function () {
      clearTimeout(timer);
      timer = setTimeout(call, wait);
    };
  }
  function getJson(url, signal) {
    return fetch(url, { credentials: "same-origin", signal: signal }).then(function (answer) {
      if (window.Luodi && Luodi.isLogin(answer.url)) {
        Luodi.toLogin();
        throw new DOMException("log in", "AbortError");
      }
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    });
  }
  function note(text, again) {
    var line = one("[data-note]");
    line.textContent = text;
    line.hidden = !text;
    if (!text || !again) return;
    var button = make("button", "link-button", words.again);
    button.type = "button";
    button.addEventListener("click", again);
    line.append(" ", button);
  }
  function width() {
    var size = map.getSize();
    return map.distance(map.containerPointToLatLng([0, size.y / 2]), map.containerPointToLatLng([size.x, size.y / 2])) / 1000;
  }
  function corners(park) {
    return [].concat.apply([], park.rings).map(function (corner) { return [corner[1], corner[0]]; });
  }
  function lightCode(key) { return Math.max(0, config.lights.findIndex(function (light) { return light.key === key; })); }

  Map.page = {
    map: map, told: told, config: config, phone: window.matchMedia("(max-width: 640px)"),
    card: document.getElementById("map-card"), side: document.getElementById("map-side"), form: document.getElementById("map-filter"),
    state: { all: [], whole: true, totals: null, groups: [], sel: null, park: null, facts: null, at: null, ready: false },
    one: one, every: every, make: make, fill: fill, say: say, later: later, getJson: getJson, note: note, width: width, corners: corners, lightCode: lightCode,
  };
})();
