/* The exported page: the map with its list, from the JSON inside the file. All words are set as text. */
(function () {
  "use strict";
  var Map = window.LuodiMap;
  var map = window.map_luodi;
  var told = map.luodi;
  var data = JSON.parse(document.getElementById("data").textContent);
  var list = document.getElementById("rows");
  var facts = document.getElementById("facts");
  var find = document.getElementById("find");
  var words = data.words;
  var by = {};
  var all = Map.decode(data.points, data.lights);
  told.words = words;
  document.title = data.title;
  document.getElementById("title").textContent = data.title;
  document.getElementById("sub").textContent = words.asOf.replace("{at}", data.at);
  document.getElementById("foot").textContent = data.foot;
  find.setAttribute("aria-label", words.find);
  find.placeholder = words.find;
  told.shapes.districts = data.districts.map(function (area) { return { name: area.name, city: area.city, rings: Map.outline(area.rings) }; });
  told.shapes.parks = data.parks.map(function (park) {
    park.rings = Map.outline(park.rings);
    return park;
  });
  data.rows.forEach(function (row) {
    by[row.id] = row;
    told.names[row.id] = row.name;
  });
  function text(tag, words, name) {
    var node = document.createElement(tag);
    node.textContent = words;
    if (name) node.className = name;
    return node;
  }
  function draw() {
    var seen = {};
    shown().forEach(function (row) { seen[row.id] = true; });
    var some = all.filter(function (point) { return seen[point.id]; });
    told.items = Map.drawOrder(Map.cluster(some, function (lng, lat) { return map.project([lat, lng], map.getZoom()); }, 28, 20, told.chosen));
    told.selected = told.items.find(function (item) { return item.id === told.chosen; }) || null;
    told.canvas.paint();
  }
  function shown() {
    var sought = find.value.trim().toLowerCase();
    return data.rows.filter(function (row) { return !sought || [row.name, row.code, row.enterprise, row.park, row.light_word].join(" ").toLowerCase().indexOf(sought) >= 0; });
  }
  function rows(only) {
    list.textContent = "";
    (only || shown()).slice(0, 2000).forEach(function (row) {
      var line = document.createElement("li");
      line.tabIndex = 0;
      line.append(text("b", Map.SYMBOLS[data.lights.findIndex(function (light) { return light.key === row.light; })] + " " + row.name));
      line.append(text("small", [row.light_word, row.enterprise, row.park, row.lacks, row.holder].filter(Boolean).join(" · ")));
      line.classList.toggle("is-on", row.id === told.chosen);
      line.addEventListener("click", function () { choose(row.id, true); });
      line.addEventListener("keydown", function (event) { if (event.key === "Enter") choose(row.id, true); });
      list.append(line);
    });
  }
  function choose(id, move) {
    told.chosen = id;
    var row = by[id];
    var point = all.find(function (one) { return one.id === id; });
    facts.textContent = "";
    facts.hidden = !row;
    if (!row) return;
    facts.append(text("h2", row.name));
    var table = document.createElement("dl");
    Object.keys(data.columns).forEach(function (key) {
      if (row[key] === "" || row[key] === null || row[key] === undefined || key === "name" || key === "light") return;
      table.append(text("dt", data.columns[key]), text("dd", String(row[key])));
    });
    facts.append(table);
    if (move && point && !map.getBounds().pad(-0.1).contains([point.lat, point.lng])) map.panTo([point.lat, point.lng]);
    draw();
    rows();
  }
  map.on("click", function (event) {
    var best = null;
    told.items.forEach(function (item) {
      var spot = map.latLngToContainerPoint([item.lat, item.lng]);
      var away = Math.hypot(spot.x - event.containerPoint.x, spot.y - event.containerPoint.y);
      if (away < Math.max(item.size / 2, 16) && (!best || away < best.away)) best = { item: item, away: away };
    });
    if (!best) return;
    var item = best.item;
    if (item.kind === "mark") return choose(item.id, false);
    rows(item.ids.map(function (id) { return by[id]; }));
    if (item.box[2] - item.box[0] > 1e-4) map.fitBounds([[item.box[1], item.box[0]], [item.box[3], item.box[2]]], { padding: [80, 80] });
  });
  find.addEventListener("input", function () {
    rows();
    draw();
  });
  map.on("zoomend", draw);
  window.addEventListener("resize", function () { map.invalidateSize(); });
  var corners = [].concat.apply([], told.shapes.districts.concat(told.shapes.parks).map(function (area) { return [].concat.apply([], area.rings); }))
    .concat(all.map(function (point) { return [point.lng, point.lat]; }))
    .map(function (corner) { return [corner[1], corner[0]]; });
  if (corners.length) map.fitBounds(L.latLngBounds(corners), { animate: false, padding: [20, 20] });
  rows();
  draw();
  document.body.dataset.drawn = "1";
})();
