/* The map page: what is asked for, what is shown, what the address says. Words come as JSON and are set as text. */
(function () {
  "use strict";
  var Map = window.LuodiMap;
  var map = window.map_luodi;
  var told = map.luodi;
  var card = document.getElementById("map-card");
  var config = JSON.parse(document.getElementById("map-config").textContent);
  var words = config.words;
  var form = document.getElementById("map-filter");
  var pop = document.getElementById("map-pop");
  var sheet = document.getElementById("map-facts");
  var tip = document.getElementById("map-tip");
  var side = document.getElementById("map-side");
  var phone = window.matchMedia("(max-width: 640px)");
  var state = { all: [], whole: true, totals: null, groups: [], sel: null, park: null, facts: null, at: null, ready: false };
  told.words = words;
  Map.page = { map: map, state: state, config: config, told: told };

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
  function width() {
    var size = map.getSize();
    return map.distance(map.containerPointToLatLng([0, size.y / 2]), map.containerPointToLatLng([size.x, size.y / 2])) / 1000;
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
    if (park) return map.fitBounds(L.latLngBounds(corners(park)), { animate: false, padding: [60, 60], maxZoom: 13.5 });
    wholeCity();
  }
  function corners(park) {
    return [].concat.apply([], park.rings).map(function (corner) { return [corner[1], corner[0]]; });
  }

  /* --- what is asked for --- */
  var asking = null;
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
        legend();
        items();
        state.ready = true;
        card.dataset.ready = "1";
      })
      .catch(function (error) {
        if (error.name === "AbortError") return;
        state.asked = null;
        note(words.failed, loadPoints);
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
  function items() {
    var all = state.all;
    if (state.sel && state.at && !all.some(function (p) { return p.id === state.sel; })) {
      all = all.concat([{ lng: state.at[0], lat: state.at[1], park: 0, id: state.sel, n: 1, light: lightCode(state.facts.light), group: -1, counts: null }]);
    }
    told.items = Map.drawOrder(Map.cluster(all, pixel, 28, 20, state.sel));
    told.selected = found(state.sel);
    told.hovered = null;
    if (told.focused) told.focused = found(told.focused.id) || null;
    told.canvas.paint();
    if (!state.all.length && state.totals && state.totals.shown === 0) note(words.empty);
    inView();
  }
  function lightCode(key) { return Math.max(0, config.lights.findIndex(function (light) { return light.key === key; })); }
  function found(id) {
    if (!id) return null;
    return told.items.find(function (item) { return item.id === id; }) || told.items.find(function (item) { return item.ids.indexOf(id) >= 0; }) || null;
  }

  /* --- the legend: layers, filter and sums in one --- */
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
    var field = form.elements[name];
    if (!field) return;
    var list = field.length && !field.options ? Array.prototype.slice.call(field) : null;
    var inputs = list || (field.type === "checkbox" ? [field] : null);
    if (inputs) inputs.forEach(function (input) { input.checked = input.value === key ? !input.checked : false; });
    else {
      if (field.options && !Array.prototype.some.call(field.options, function (option) { return option.value === key; })) field.add(new Option(key, key));
      field.value = field.value === key ? "" : key;
    }
    changed();
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
    changed();
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

  /* --- the list --- */
  var follow = one("[data-follow]");
  function inView() {
    var size = map.getSize();
    var bounds = map.getBounds();
    state.outside = state.all.some(function (p) { return !bounds.contains([p.lat, p.lng]); }) || (!state.whole && !bounds.contains(cityBounds() || bounds));
    return size;
  }
  var list = Map.list(card, {
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
    choose: function (pk) { select(pk, true, true); },
    hover: function (pk) { hover(pk ? found(pk) : null, pk, false); },
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
    chips();
    loadPoints();
    reloadList();
  }

  /* --- popups: on the desk beside the marker, on the phone in the sheet --- */
  function hover(item, pk, fromMap) {
    if (told.hovered === item) return;
    told.hovered = item;
    list.mark(pk, "is-hovered");
    told.canvas.paint();
    if (!item || !fromMap || phone.matches) {
      tip.hidden = true;
      return;
    }
    var row = item.id && one('a.map-row[data-pk="' + item.id + '"]');
    tip.textContent = "";
    if (item.kind === "mark") {
      tip.append(make("b", "", told.names[item.id] || config.lights[item.light].word));
      if (row) tip.append(" ", one(".map-row-lack .clip", row).textContent);
    } else tip.append(make("b", "", fill(words.projects, { n: item.n })), " ", split(item));
    tip.hidden = false;
    var at = map.latLngToContainerPoint([item.lat, item.lng]);
    var room = map.getSize().x - at.x > 260;
    tip.style.left = (room ? at.x + item.size / 2 + 10 : Math.max(4, at.x - item.size / 2 - 10 - tip.offsetWidth)) + "px";
    tip.style.top = at.y - 13 + "px";
  }
  function split(item) {
    return item.counts.map(function (number, light) { return number ? config.lights[light].word + " " + number : ""; }).filter(Boolean).join(words.comma);
  }
  var fetching = null;
  function ask(url, done) {
    if (fetching) fetching.abort();
    fetching = new AbortController();
    return getJson(url, fetching.signal).then(done).catch(function (error) {
      if (error.name !== "AbortError") note(words.popupFailed);
    });
  }
  function select(pk, push, move) {
    if (!pk) return close();
    ask(config.urls.project.replace("/0/", "/" + pk + "/"), function (facts) {
      state.park = null;
      state.sel = pk;
      state.facts = facts;
      state.at = facts.at;
      told.names[pk] = facts.title;
      if (push) history.pushState({ sel: pk }, "", address());
      items();
      if (!facts.at) return show(facts);
      if (move && !map.getBounds().pad(-0.08).contains([facts.at[1], facts.at[0]])) map.panTo([facts.at[1], facts.at[0]], { animate: false });
      show(facts);
      list.mark(pk, "is-selected");
      if (!phone.matches) list.scrollTo(pk);
    });
  }
  function selectPark(park) {
    ask(config.urls.park.replace("/0/", "/" + park.id + "/") + "?" + filterQuery().toString(), function (facts) {
      state.sel = null;
      state.park = park;
      state.facts = facts;
      var box = L.latLngBounds(corners(park)).getCenter();
      state.at = [box.lng, box.lat];
      items();
      show(facts);
      list.mark(null, "is-selected");
    });
  }
  function show(facts) {
    var box = phone.matches ? sheet : pop;
    box.textContent = "";
    var head = make("header", "map-pop-head light-head-" + (facts.light || "park"));
    var title = make("h2", "", facts.title);
    title.id = "map-pop-title";
    if (facts.light) {
      var sign = make("span", "map-pop-light", Map.SYMBOLS[lightCode(facts.light)] + (phone.matches ? " " + facts.word : ""));
      sign.setAttribute("aria-hidden", phone.matches ? "false" : "true");
      if (phone.matches) title.append(" ", sign);
      else title.prepend(sign, make("span", "sr-only", facts.word + " "));
    }
    var shut = make("button", "map-pop-close", "✕");
    shut.type = "button";
    shut.setAttribute("aria-label", words.close);
    shut.addEventListener("click", function () { close(true); });
    head.append(title, make("p", "small", facts.below), shut);
    var rows = make("dl", "map-pop-facts");
    rows.tabIndex = 0; /* it may scroll */
    facts.facts.forEach(function (fact) {
      rows.append(make("dt", "", fact[0]));
      var value = make("dd");
      if (fact[1]) value.append(make("b", "", fact[1]));
      if (fact[2]) value.append(make("small", "", fact[2]));
      rows.append(value);
    });
    var foot = make("footer", "map-pop-links");
    facts.links.forEach(function (link, at) {
      var anchor = make("a", phone.matches ? "btn" + (at ? "" : " btn-primary") : "", link[0]);
      anchor.href = link[1];
      foot.append(anchor);
    });
    box.append(head, rows, foot);
    box.hidden = false;
    if (phone.matches) {
      side.scrollTop = 0;
      stop("mid", true);
    } else place(true);
    say(fill(words.opened, { name: facts.title }));
  }
  function place(first) {
    told.leader = null;
    if (pop.hidden || !state.at) return told.redrawHud();
    var at = map.latLngToContainerPoint([state.at[1], state.at[0]]);
    var size = map.getSize();
    var wide = pop.offsetWidth;
    var high = pop.offsetHeight;
    if (first) {
      /* the side that hides the fewest markers; panned only when it would leave the frame */
      var level = Math.max(6, Math.min(at.y - high / 2, size.y - high - 30)) - at.y;
      var spots = [[26, level], [-26 - wide, level], [-wide / 2, 30], [-wide / 2, -30 - high], [26, -60], [-26 - wide, -60], [26, 60 - high], [-26 - wide, 60 - high]];
      var best = null;
      spots.forEach(function (spot, order) {
        var left = at.x + spot[0];
        var top = at.y + spot[1];
        var out = Math.max(0, 6 - left) + Math.max(0, left + wide + 6 - size.x) + Math.max(0, 6 - top) + Math.max(0, top + high + 30 - size.y);
        var hidden = told.items.filter(function (item) {
          var here = map.latLngToContainerPoint([item.lat, item.lng]);
          return here.x > left && here.x < left + wide && here.y > top && here.y < top + high;
        }).length;
        var cost = out / 12 + hidden + order / 10;
        if (!best || cost < best.cost) best = { cost: cost, spot: spot };
      });
      state.spot = best.spot;
      var left = at.x + best.spot[0];
      var top = at.y + best.spot[1];
      var right = left < 6 ? left - 6 : left + wide + 6 > size.x ? left + wide + 6 - size.x : 0;
      var down = top < 6 ? top - 6 : top + high + 30 > size.y ? Math.min(top - 6, top + high + 30 - size.y) : 0;
      if (right || down) {
        map.panBy([right, down], { animate: false });
        at = map.latLngToContainerPoint([state.at[1], state.at[0]]);
      }
    }
    var x = at.x + state.spot[0];
    var y = at.y + state.spot[1];
    pop.style.left = x + "px";
    pop.style.top = y + "px";
    /* a line leads from the marker to the popup */
    var to = { x: Math.max(x, Math.min(at.x, x + wide)), y: Math.max(y, Math.min(at.y, y + high)) };
    var far = Math.hypot(to.x - at.x, to.y - at.y);
    var reach = told.selected && told.selected.size ? told.selected.size / 2 + 8 : 4;
    if (far > reach) told.leader = [at.x + ((to.x - at.x) * reach) / far, at.y + ((to.y - at.y) * reach) / far, to.x, to.y];
    told.redrawHud();
  }
  function close(back) {
    var had = state.sel || state.park;
    if (fetching) fetching.abort();
    pop.hidden = true;
    sheet.hidden = true;
    state.sel = state.park = state.facts = state.at = null;
    list.mark(null, "is-selected");
    place(false);
    if (had) items();
    if (phone.matches) stop("low");
    if (back && had) keep();
    if (back) map.getContainer().focus({ preventScroll: true });
  }
  window.addEventListener("popstate", function () {
    var sel = parseInt(new URLSearchParams(location.search).get("sel"), 10);
    if (sel) select(sel, false, true);
    else close();
  });

  /* --- pointer --- */
  Map.page.split = split;
  Map.page.fill = fill;
  function hit(at, touch) {
    var best = null;
    for (var index = told.items.length - 1; index >= 0; index--) {
      var item = told.items[index];
      var spot = map.latLngToContainerPoint([item.lat, item.lng]);
      var away = Math.hypot(spot.x - at.x, spot.y - at.y);
      var reach = Math.max((item.size || 16) / 2, touch ? 22 : 16);
      if (away <= reach && (!best || away < best.away - 3)) best = { item: item, away: away };
    }
    return best && best.item;
  }
  function parkAt(at) {
    var view = { pixel: function (lng, lat) { return map.latLngToContainerPoint([lat, lng]); } };
    return told.shapes.parks.find(function (park) { return Map.within(view, park.rings, at.x, at.y); });
  }
  function open(item) {
    if (item.kind === "mark") return select(item.id, true, false);
    var tight = item.box[2] - item.box[0] < 1e-4 && item.box[3] - item.box[1] < 1e-4;
    if (item.kind === "many" || (item.whole && (tight || map.getZoom() >= 17.5))) {
      if (item.whole) {
        state.ids = item.ids;
        list.load().catch(function () {});
        if (phone.matches) stop("full");
        return say(fill(words.here, { n: item.n }));
      }
    }
    if (item.whole) map.fitBounds(L.latLngBounds([item.box[1], item.box[0]], [item.box[3], item.box[2]]), { padding: [90, 90], maxZoom: 18 });
    else map.setView([item.lat, item.lng], Math.min(18, map.getZoom() + 1.5));
  }
  map.on("click", function (event) {
    var item = hit(event.containerPoint, phone.matches);
    if (item) return open(item);
    var park = parkAt(event.containerPoint);
    if (park) return selectPark(park);
    if (state.ids) {
      state.ids = null;
      reloadList();
    }
    if (state.sel || state.park) close(true);
  });
  var hoverLater = null;
  map.on("mousemove", function (event) {
    var item = hit(event.containerPoint, false);
    map.getContainer().classList.toggle("is-over", !!item);
    clearTimeout(hoverLater);
    hoverLater = setTimeout(function () { hover(item, item && item.id, true); }, item ? 150 : 0);
  });
  map.on("mouseout", function () {
    clearTimeout(hoverLater);
    hover(null, null, true);
  });

  /* --- keyboard: one stop; arrows lead to the nearest marker that way --- */
  var box = map.getContainer();
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", one("#map-frame").getAttribute("aria-label"));
  var WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  box.addEventListener("keydown", function (event) {
    var way = WAYS[event.key];
    if (way) step(way);
    else if (event.key === "Enter" && told.focused) open(told.focused);
    else if (event.key === "Escape" && (state.sel || state.park)) close(true);
    else if (event.key === "+" || event.key === "=") map.zoomIn();
    else if (event.key === "-") map.zoomOut();
    else if (event.key === "0") wholeCity();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  pop.addEventListener("keydown", function (event) { if (event.key === "Escape") close(true); });
  box.addEventListener("blur", function () {
    if (!told.focused) return;
    told.focused = null;
    told.canvas.paint();
  });
  function step(way) {
    var size = map.getSize();
    var from = told.focused ? map.latLngToContainerPoint([told.focused.lat, told.focused.lng]) : { x: size.x / 2, y: size.y / 2 };
    var best = null;
    told.items.forEach(function (item) {
      if (item === told.focused) return;
      var to = map.latLngToContainerPoint([item.lat, item.lng]);
      var ahead = (to.x - from.x) * way[0] + (to.y - from.y) * way[1];
      var aside = Math.abs((to.x - from.x) * way[1]) + Math.abs((to.y - from.y) * way[0]);
      if (ahead <= 0 || aside > ahead * 1.4) return;
      var cost = ahead + 2 * aside;
      if (!best || cost < best.cost) best = { item: item, cost: cost };
    });
    if (!best) return say(words.none);
    told.focused = best.item;
    var at = map.latLngToContainerPoint([best.item.lat, best.item.lng]);
    if (at.x < 20 || at.y < 20 || at.x > size.x - 20 || at.y > size.y - 20) map.panTo([best.item.lat, best.item.lng], { animate: false });
    told.canvas.paint();
    var item = best.item;
    if (item.kind === "mark") say(fill(words.marks, { name: told.names[item.id] || fill(words.unnamed, { n: item.id }), word: config.lights[item.light].word }));
    else say(fill(item.kind === "many" ? words.many : words.ring, { n: item.n, split: split(item) }));
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
    if ("only" in target.dataset) onlyLight(target.dataset.only);
    else if ("chip" in target.dataset) onlyLight(target.dataset.chip);
    else if ("zoom" in target.dataset) {
      if (target.dataset.zoom === "0") wholeCity();
      else map.setZoom(map.getZoom() + 0.5 * Number(target.dataset.zoom));
    } else if ("grip" in target.dataset) stop({ low: "mid", mid: "full", full: "low" }[side.dataset.stop]);
    else one("#map-legend").classList.toggle("is-open", "legendOpen" in target.dataset);
  });
  function stop(name, centre) {
    side.dataset.stop = name;
    var legendBox = one("#map-legend");
    if (legendBox) legendBox.classList.remove("is-open");
    card.dataset.stop = name;
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
    stop(order[Math.max(0, Math.min(2, order.indexOf(side.dataset.stop) + (by < 0 ? 1 : -1)))]);
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

  /* --- start --- */
  map.on("zoomend", items);
  map.on("move zoomend", function () { place(false); });
  map.on("moveend", later(function () {
    if (!state.ready) return;
    state.moved = true;
    inView();
    keep();
    if (!state.whole) loadPoints();
    if (follow.checked && (state.outside || state.boxed)) reloadList();
  }, 160));
  window.addEventListener("beforeprint", function () {
    told.print = true;
    map.invalidateSize({ animate: false });
    told.canvas.paint();
  });
  window.addEventListener("afterprint", function () {
    told.print = false;
    map.invalidateSize({ animate: false });
    told.canvas.paint();
  });
  new window.ResizeObserver(function () { map.invalidateSize({ animate: false, pan: false }); }).observe(box);
  recall();
  sample();
  stop(phone.matches ? "low" : "desk");
  wholeCity();
  state.first = true;
  var shapes = getJson(config.urls.shapes).then(function (answer) {
    told.shapes.districts = answer.districts.map(function (area) { return { name: area.name, city: area.city, rings: Map.outline(area.rings) }; });
    told.shapes.parks = answer.parks.map(function (park) {
      park.rings = Map.outline(park.rings);
      return park;
    });
    parksLegend();
    firstView();
    told.canvas.paint();
  }).catch(function () { note(words.failed); });
  Promise.all([shapes, loadPoints()]).then(function () {
    if (!config.bounds) firstView();
    list.told();
    chips();
    var sel = parseInt(new URLSearchParams(location.search).get("sel"), 10);
    if (sel) select(sel, false, true);
    keep();
    told.canvas.paint();
    card.dataset.drawn = "1";
    performance.mark("map-drawn"); /* benchmarks/bench_map.py reads it */
  });
})();
