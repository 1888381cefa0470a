/* The map page: what is asked for, what is shown, what the address says. Words come as JSON and are set as text. */
(function () {
  "use strict";
  var Map = window.LuodiMap;
  var page = Map.page;
  var map = page.map;
  var told = page.told;
  var config = page.config;
  var words = config.words;
  var state = page.state;
  var phone = page.phone;
  var form = page.form;
  var one = page.one;
  var every = page.every;
  var fill = page.fill;
  var note = page.note;
  var getJson = page.getJson;
  var width = page.width;
  var later = page.later;

  function pixel(lng, lat) { return map.project([lat, lng], map.getZoom()); }

  /* --- the address: the filter as on the list, then by, sel, c and w (centre and width in km) --- */
  function filterQuery() {
    var query = new URLSearchParams();
    var boxes = every("input[name=light]");
    var on = boxes.filter(function (box) { return box.checked; });
    new FormData(form).forEach(function (value, key) {
      if (value && key !== "light" && !(key === "by" && value === "light")) query.append(key, value);
    });
    if (!on.length) boxes.forEach(function (box) { box.checked = true; }); /* nothing chosen is no filter, as on the list */
    else if (on.length < boxes.length) on.forEach(function (box) { query.append("light", box.value); });
    var here = new URLSearchParams(location.search);
    if (here.get("unplaced")) query.set("unplaced", "1");
    return query;
  }
  function address() {
    var query = filterQuery();
    if (state.moved) {
      var middle = map.getCenter();
      query.set("c", middle.lat.toFixed(4) + "," + middle.lng.toFixed(4));
      query.set("w", String(Math.round(width() * 10) / 10));
    }
    if (state.sel) query.set("sel", state.sel);
    var text = query.toString().replace(/%2C/g, ",");
    return location.pathname + (text ? "?" + text : "");
  }
  function keep() {
    history.replaceState(history.state, "", address());
    var plain = filterQuery();
    plain.delete("by");
    plain.delete("lacks");
    every("[data-table]").forEach(function (link) { link.href = config.urls.list + "?" + plain.toString(); });
    var full = filterQuery().toString();
    every("[data-export]").forEach(function (link) { link.href = link.pathname + "?" + full; });
  }
  function goTo(lat, lng, km) {
    var zoom = Math.log2((40075.017 * Math.cos((lat * Math.PI) / 180) * map.getSize().x) / (256 * km));
    map.setView([lat, lng], Math.max(3, Math.min(18, zoom)), { animate: false });
  }
  function cityBounds() {
    var box = config.bounds;
    if (!box && state.all.length) {
      var lngs = state.all.map(function (p) { return p.lng; });
      var lats = state.all.map(function (p) { return p.lat; });
      box = [Math.min.apply(null, lngs), Math.min.apply(null, lats), Math.max.apply(null, lngs), Math.max.apply(null, lats)];
    }
    return box ? L.latLngBounds([box[1], box[0]], [box[3], box[2]]) : null;
  }
  function wholeCity() {
    var box = cityBounds();
    if (box) map.fitBounds(box, { animate: false, padding: phone.matches ? [6, 6] : [28, 28] });
  }
  function firstView() {
    var here = new URLSearchParams(location.search);
    var middle = (here.get("c") || "").split(",").map(Number);
    var km = Number(here.get("w"));
    var parks = here.getAll("park");
    if (middle.length === 2 && middle.every(isFinite) && km > 0.1 && km < 20000) {
      state.moved = true;
      return goTo(middle[0], middle[1], km);
    }
    var park = parks.length === 1 && told.shapes.parks.find(function (p) { return p.code === parks[0]; });
    if (park) return map.fitBounds(L.latLngBounds(page.corners(park)), { animate: false, padding: [60, 60], maxZoom: 13.5 });
    wholeCity();
  }
  /* --- what is asked for --- */
  var asking = null;
  function loadPoints() {
    var query = filterQuery();
    query.delete("unplaced");
    if (!state.whole || state.first) {
      var edges = Map.cornersOf(map, 0.25);
      query.set("box", [edges[0][0], edges[0][1], edges[1][0], edges[1][1]].map(function (n) { return n.toFixed(3); }).join(","));
      query.set("z", String(Math.round(map.getZoom())));
    }
    if (query.toString() === state.asked) return Promise.resolve(); /* the same view: it is there or under way */
    state.asked = query.toString();
    if (asking) asking.abort();
    asking = new AbortController();
    return getJson(config.urls.points + "?" + query.toString(), asking.signal)
      .then(function (answer) {
        state.whole = !!answer.whole;
        state.first = false;
        state.totals = answer.totals;
        state.groups = answer.groups || [];
        told.marks = answer.groups ? state.groups.map(function (group) { return group.mark; }) : null;
        state.all = Map.decode(answer, config.lights);
        note("");
        page.legend();
        items();
        state.ready = true;
        page.card.dataset.ready = "1";
      })
      .catch(function (error) {
        if (error.name === "AbortError") return;
        state.asked = null;
        note(words.failed, loadPoints);
      });
  }
  function items() {
    var all = state.all;
    if (state.sel && state.at && !all.some(function (p) { return p.id === state.sel; })) {
      all = all.concat([{ lng: state.at[0], lat: state.at[1], park: 0, id: state.sel, n: 1, light: page.lightCode(state.facts.light), group: -1, counts: null }]);
    }
    told.items = Map.drawOrder(Map.cluster(all, pixel, 28, 20, state.sel));
    told.selected = found(state.sel);
    told.hovered = null;
    if (told.focused) told.focused = found(told.focused.id) || null;
    told.canvas.paint();
    if (!state.all.length && state.totals && state.totals.shown === 0) note(words.empty);
    inView();
  }
  function found(id) {
    if (!id) return null;
    return told.items.find(function (item) { return item.id === id; }) || told.items.find(function (item) { return item.ids.indexOf(id) >= 0; }) || null;
  }

  /* --- the list --- */
  var follow = one("[data-follow]");
  function inView() {
    var size = map.getSize();
    var bounds = map.getBounds();
    state.outside = state.all.some(function (p) { return !bounds.contains([p.lat, p.lng]); }) || (!state.whole && !bounds.contains(cityBounds() || bounds));
    return size;
  }
  var list = Map.list(page.card, {
    url: config.urls.rows,
    query: function () {
      var query = filterQuery();
      if (state.ids) query.set("ids", state.ids.join(","));
      else if (follow.checked && state.outside && !query.get("unplaced")) {
        var edges = Map.cornersOf(map, 0);
        query.set("box", [edges[0][0], edges[0][1], edges[1][0], edges[1][1]].map(function (n) { return n.toFixed(5); }).join(","));
        state.boxed = true;
      } else state.boxed = false;
      return query.toString();
    },
    choose: function (pk) { page.select(pk, true, true); },
    hover: function (pk) { page.hover(pk ? found(pk) : null, pk, false); },
    total: function (number) {
      var all = state.totals ? state.totals.shown : number;
      list.total.textContent = fill(state.ids ? words.here : state.boxed ? words.inView : words.all, { n: number, all: state.boxed ? all : number });
    },
    drawn: function (rows) {
      rows.forEach(function (row) { told.names[row.dataset.pk] = one("b", row).textContent; });
      list.mark(state.sel, "is-selected");
      if (told.layers.names || width() < 10) told.canvas.paint();
    },
  });
  var reloadList = later(function () { list.load().catch(function () {}); }, 220);
  function changed() {
    state.ids = null;
    keep();
    page.chips();
    loadPoints();
    reloadList();
  }

  /* --- controls --- */
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    changed();
  });
  form.addEventListener("change", function (event) { if (event.target.matches("[type=search]")) changed(); });
  document.addEventListener("change", function (event) {
    var target = event.target;
    if (target.form === form && !form.contains(target)) changed(); /* legend: the page's own auto-submit sees the form's inside only */
    if (target.dataset.layer) {
      told.layers[target.dataset.layer] = target.checked;
      remember();
      told.canvas.paint();
      told.redrawHud();
    }
    if (target.name === "base") base(target.value);
    if (target === follow) reloadList();
  });
  function remember() { try { localStorage.setItem("luodi-map-layers", JSON.stringify(told.layers)); } catch (error) { /* private mode */ } }
  function recall() {
    try {
      var kept = JSON.parse(localStorage.getItem("luodi-map-layers") || "{}");
      every("[data-layer]").forEach(function (input) {
        if (!(input.dataset.layer in kept)) return;
        input.checked = told.layers[input.dataset.layer] = !!kept[input.dataset.layer];
      });
    } catch (error) { /* private mode */ }
  }
  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-only], [data-chip], [data-zoom], [data-legend-open], [data-legend-close], [data-grip]");
    if (!target) return;
    if ("only" in target.dataset) page.onlyLight(target.dataset.only);
    else if ("chip" in target.dataset) page.onlyLight(target.dataset.chip);
    else if ("zoom" in target.dataset) {
      if (target.dataset.zoom === "0") wholeCity();
      else map.setZoom(map.getZoom() + 0.5 * Number(target.dataset.zoom));
    } else if ("grip" in target.dataset) stop({ low: "mid", mid: "full", full: "low" }[page.side.dataset.stop]);
    else one("#map-legend").classList.toggle("is-open", "legendOpen" in target.dataset);
  });
  function stop(name, centre) {
    page.side.dataset.stop = name;
    var legendBox = one("#map-legend");
    if (legendBox) legendBox.classList.remove("is-open");
    page.card.dataset.stop = name;
    setTimeout(function () {
      map.invalidateSize({ animate: false, pan: false });
      if (centre && state.at) map.setView([state.at[1], state.at[0]], map.getZoom(), { animate: false });
    }, 0);
  }
  var gripFrom = null;
  one("[data-grip]").addEventListener("pointerdown", function (event) { gripFrom = event.clientY; });
  window.addEventListener("pointerup", function (event) {
    if (gripFrom === null) return;
    var by = event.clientY - gripFrom;
    gripFrom = null;
    if (Math.abs(by) < 24) return;
    var order = ["low", "mid", "full"];
    stop(order[Math.max(0, Math.min(2, order.indexOf(page.side.dataset.stop) + (by < 0 ? 1 : -1)))]);
  });

  /* --- base maps --- */
  var tiles = [];
  function base(key) {
    tiles.forEach(function (layer) { layer.remove(); });
    var chosen = config.basemaps.find(function (one) { return one.key === key; });
    var crs = chosen && chosen.datum === "gcj02" ? Map.GCJ02 : L.CRS.EPSG3857;
    var middle = map.getCenter();
    if (map.options.crs !== crs) {
      map.options.crs = crs;
      map.setView(middle, map.getZoom(), { animate: false, reset: true });
      map._resetView(middle, map.getZoom(), true);
    }
    tiles = !chosen ? [] : chosen.tiles.map(function (url) {
      return L.tileLayer(url, { subdomains: chosen.subdomains || "abc", maxZoom: 18, maxNativeZoom: 18, errorTileUrl: "" }).addTo(map);
    });
    told.base = chosen || null;
    one("[data-base-note]").textContent = chosen ? " " + chosen.attribution + (chosen.datum === "gcj02" ? " " + words.shifted : "") : "";
    items();
    told.redrawHud();
  }

  page.items = items;
  page.found = found;
  page.keep = keep;
  page.address = address;
  page.filterQuery = filterQuery;
  page.changed = changed;
  page.wholeCity = wholeCity;
  page.stop = stop;
  page.reloadList = reloadList;
  page.list = list;

  /* --- start --- */
  map.on("zoomend", items);
  map.on("move zoomend", function () { page.place(false); });
  map.on("moveend", later(function () {
    if (!state.started) return;
    state.moved = true;
    inView();
    keep();
    if (!state.whole) loadPoints();
    if (follow.checked && (state.outside || state.boxed)) reloadList();
  }, 160));
  new window.ResizeObserver(function () { map.invalidateSize({ animate: false, pan: false }); }).observe(map.getContainer());
  recall();
  page.sample();
  stop(phone.matches ? "low" : "desk");
  wholeCity();
  state.first = !config.whole; /* whether there are more than one answer holds */
  var shapes = getJson(config.urls.shapes).then(function (answer) {
    told.shapes.districts = answer.districts.map(function (area) { return { name: area.name, city: area.city, rings: Map.outline(area.rings) }; });
    told.shapes.parks = answer.parks.map(function (park) {
      park.rings = Map.outline(park.rings);
      return park;
    });
    page.parksLegend();
    firstView();
    told.canvas.paint();
  }).catch(function () { note(words.failed); });
  Promise.all([shapes, loadPoints()]).then(function () {
    if (!config.bounds) firstView();
    list.told();
    page.chips();
    var sel = parseInt(new URLSearchParams(location.search).get("sel"), 10);
    if (sel) page.select(sel, false, true);
    keep();
    inView();
    if (!state.whole) loadPoints();
    if (follow.checked && state.outside) reloadList();
    setTimeout(function () { state.started = true; }, 300); /* from now on moves are the reader's */
    told.canvas.paint();
    page.card.dataset.drawn = "1";
    performance.mark("map-drawn"); /* benchmarks/bench_map.py reads it */
  });
})();
