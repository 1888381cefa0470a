/* The legend: layers, filter and sums in one; the lights, the second legend, the parks' readiness. */
(function () {
  "use strict";
  var Map = window.LuodiMap;
  var page = Map.page;
  var map = page.map;
  var told = page.told;
  var config = page.config;
  var words = config.words;
  var state = page.state;
  var one = page.one;
  var every = page.every;
  var make = page.make;
  var fill = page.fill;

  function legend() {
    var totals = state.totals;
    config.lights.forEach(function (light) {
      var count = one('[data-count="' + light.key + '"]');
      count.textContent = totals.lights[light.key];
      count.classList.toggle("is-zero", !totals.lights[light.key]);
      one('[data-chip-count="' + light.key + '"]').textContent = totals.lights[light.key];
    });
    var sum = config.lights.reduce(function (all, light) { return all + totals.lights[light.key]; }, 0);
    one('[data-chip-count=""]').textContent = sum;
    one("[data-sum]").textContent = fill(words.sum, { n: totals.shown, placed: totals.placed });
    var line = one("[data-unplaced]");
    line.hidden = !totals.unplaced;
    line.firstElementChild.textContent = fill(words.unplaced, { n: totals.unplaced });
    var box = one("[data-groups]");
    box.hidden = !state.groups.length;
    box.textContent = "";
    var by = one("select[name=by]").value;
    state.groups.slice(0, 12).forEach(function (group) {
      var row = make("li");
      var button = make("button", "link-button map-group");
      button.type = "button";
      button.append(make("i", "map-mark", group.mark), make("span", "clip", group.name), make("b", "", String(group.n)));
      button.addEventListener("click", function () { chooseGroup(by, group.key); });
      row.append(button);
      box.append(row);
    });
    chips();
    every("[data-meta]").forEach(function (node) { node.textContent = fill(words.projects, { n: totals.shown }) + words.comma + fill(words.onMap, { n: totals.placed }) + words.comma + fill(words.asOf, { at: config.at.slice(5) }); });
  }
  function chooseGroup(by, key) {
    var name = { factor: "factor", stage: "stage", department: "department", utility: "lacks" }[by];
    var field = page.form.elements[name];
    if (!field) return;
    var list = field.length && !field.options ? Array.prototype.slice.call(field) : null;
    var inputs = list || (field.type === "checkbox" ? [field] : null);
    if (inputs) inputs.forEach(function (input) { input.checked = input.value === key ? !input.checked : false; });
    else {
      if (field.options && !Array.prototype.some.call(field.options, function (option) { return option.value === key; })) field.add(new Option(key, key));
      field.value = field.value === key ? "" : key;
    }
    page.changed();
  }
  function chips() {
    var boxes = every("input[name=light]");
    var on = boxes.filter(function (box) { return box.checked; });
    every("[data-chip]").forEach(function (chip) {
      var key = chip.dataset.chip;
      var pressed = key ? on.length < boxes.length && on.some(function (box) { return box.value === key; }) : on.length === boxes.length;
      chip.setAttribute("aria-pressed", String(pressed));
      chip.toggleAttribute("aria-current", pressed);
    });
  }
  function onlyLight(key) {
    var boxes = every("input[name=light]");
    var already = boxes.every(function (box) { return box.checked === (box.value === key); });
    boxes.forEach(function (box) { box.checked = !key || already || box.value === key; });
    page.changed();
  }
  function parksLegend() {
    var counts = [0, 0, 0, 0];
    var known = told.shapes.parks.filter(function (park) { return park.of; });
    known.forEach(function (park) { counts[Map.fillKey(park)] += 1; });
    one("[data-parks]").hidden = !known.length;
    counts.forEach(function (number, key) {
      one('[data-lack="' + key + '"]').textContent = number;
      one('[data-lack-word="' + key + '"]').textContent = words["lacks" + key];
      var look = Map.swatch(key);
      var box = one('[data-swatch="' + key + '"]');
      box.textContent = "";
      var draw = function (tag, attributes) {
        var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
        Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
        box.append(node);
      };
      draw("rect", { x: 0.5, y: 0.5, width: 27, height: 15, fill: look.fill });
      for (var x = -16; look.step && x < 28; x += look.step * 0.8) draw("line", { x1: x, y1: 16, x2: x + 16, y2: 0, stroke: "#7fa3c9" });
      draw("rect", { x: 0.5, y: 0.5, width: 27, height: 15, fill: "none", stroke: look.edge });
    });
  }
  function sample() {
    var pen = one("[data-sample]").getContext("2d");
    pen.scale(2, 2);
    Map.ring(pen, { n: 4, counts: [0, 1, 0, 2, 1, 0, 0, 0, 0] }, 17, 20, true);
  }

  page.legend = legend;
  page.chips = chips;
  page.onlyLight = onlyLight;
  page.parksLegend = parksLegend;
  page.sample = sample;
})();
