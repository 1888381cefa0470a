/* Small maps without tiles: the shapes of an import before they are stored (data-shapes-map), and the point of a project,
   dragged or typed (data-point-map). What the file or people wrote is put into the page as text, never as markup. */
(function () {
  "use strict";
  var LOOK = {
    new: { color: "#1f5fa8", fillColor: "#1f5fa8", fillOpacity: 0.2, weight: 2 },
    changed: { color: "#7a5500", fillColor: "#c98a00", fillOpacity: 0.2, weight: 2, dashArray: "8 5" },
    unchanged: { color: "#566373", fillColor: "#8a96a6", fillOpacity: 0.2, weight: 2 },
    wrong: { color: "#a32222", fillColor: "#c62f2f", fillOpacity: 0.18, weight: 2.5, dashArray: "2 5" },
  };
  var DISTRICT = { color: "#8a96a6", weight: 1, fillColor: "#ffffff", fillOpacity: 0.7, interactive: false };
  var PARK = { color: "#8a96a6", weight: 1.5, fillColor: "#dfe5ec", fillOpacity: 0.7, interactive: false };
  var CHINA = [[18, 73], [54, 136]];

  function plain(box) {
    var map = L.map(box, { attributionControl: false, zoomSnap: 0.25, minZoom: 3, maxZoom: 19, worldCopyJump: false });
    map.fitBounds(CHINA);
    L.control.scale({ imperial: false }).addTo(map);
    return map;
  }

  function read(address) {
    return fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    });
  }

  function label(map, at, text) {
    var span = document.createElement("span");
    span.textContent = text;
    L.tooltip({ permanent: true, direction: "center", className: "shape-name" }).setLatLng(at).setContent(span).addTo(map);
  }

  /* Grey outlines of what is stored; returns their bounds. */
  function outlines(map, told) {
    var bounds = L.latLngBounds([]);
    function draw(one, look) {
      var largest = null;
      window.LuodiMap.outline(one.rings || []).forEach(function (ring) {
        if (ring.length < 3) return;
        var shape = L.polygon(ring.map(function (at) { return [at[1], at[0]]; }), look).addTo(map).bringToBack();
        bounds.extend(shape.getBounds());
        if (!largest || ring.length > largest.length) largest = shape.getBounds();
      });
      if (look === PARK && largest) label(map, largest.getCenter(), one.name);
    }
    (told.parks || []).forEach(function (one) { draw(one, PARK); });
    (told.districts || []).forEach(function (one) { draw(one, DISTRICT); });
    return bounds;
  }

  /* --- Shapes of an import --- */
  function preview(box) {
    var map = plain(box);
    var note = document.querySelector("[data-shapes-note]");
    var known = read(box.dataset.outlines).then(function (told) { return outlines(map, told); }, function () { return null; });
    Promise.all([read(box.dataset.shapes), known]).then(function (both) {
      var good = L.latLngBounds([]);
      var all = L.latLngBounds([]);
      both[0].shapes.forEach(function (one) {
        var look = LOOK[one.verdict] || LOOK.unchanged;
        var layer = L.geoJSON(one.geometry, {
          style: look,
          pointToLayer: function (feature, at) { return L.circleMarker(at, Object.assign({}, look, { radius: 6, fillOpacity: 0.7 })); },
        }).addTo(map);
        var link = document.createElement("a");
        link.href = box.dataset.row + one.number + "#row-" + one.number;
        link.textContent = one.number + " " + (one.label || "");
        layer.bindPopup(link);
        all.extend(layer.getBounds());
        if (one.verdict !== "wrong") good.extend(layer.getBounds());
      });
      var shown = good.isValid() ? good : all.isValid() ? all : both[1];
      if (shown && shown.isValid()) map.fitBounds(shown.pad(0.1), { maxZoom: 15 });
      if (!both[0].shapes.length) note.textContent = box.dataset.none;
      box.dataset.drawn = both[0].shapes.length;
    }).catch(function () { note.textContent = box.dataset.failed; });
  }

  /* --- The point of a project --- */
  function point(box) {
    var map = plain(box);
    var x = document.getElementById(box.dataset.x);
    var y = document.getElementById(box.dataset.y);
    var system = document.getElementById(box.dataset.system || "");
    var start = box.dataset.at ? box.dataset.at.split(",").map(Number) : null;
    var pin = null;

    function show(lng, lat, move) {
      if (!pin) {
        pin = L.marker([lat, lng], {
          draggable: true, keyboard: true, autoPan: true, title: box.dataset.pin, alt: box.dataset.pin,
          icon: L.divIcon({ className: "point-pin", iconSize: [22, 22] }),
        }).addTo(map);
        pin.on("drag", function () { write(pin.getLatLng()); });
        pin.getElement().setAttribute("aria-label", box.dataset.pin);
        pin.getElement().addEventListener("keydown", nudge);
      }
      pin.setLatLng([lat, lng]);
      if (move) map.setView([lat, lng], Math.max(map.getZoom(), 13));
    }
    function write(at) {
      if (system) system.value = "cgcs2000";
      x.value = at.lng.toFixed(6);
      y.value = at.lat.toFixed(6);
    }
    /* Arrow keys move the pin by about 10 m, with Shift by 100 m. */
    function nudge(event) {
      var step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!step) return;
      var by = event.shiftKey ? 0.001 : 0.0001;
      var at = pin.getLatLng();
      pin.setLatLng([at.lat + step[1] * by, at.lng + step[0] * by]);
      write(pin.getLatLng());
      event.preventDefault();
      event.stopPropagation();
    }
    function typed() {
      if (system && system.value !== "cgcs2000" && system.value !== "wgs84") return;
      var lng = parseFloat(x.value);
      var lat = parseFloat(y.value);
      if (lng >= 73 && lng <= 136 && lat >= 3 && lat <= 54) show(lng, lat, true);
    }
    read(box.dataset.outlines).then(function (told) { return outlines(map, told); }, function () { return null; }).then(function (bounds) {
      if (bounds && bounds.isValid() && !pin) map.fitBounds(bounds);
      box.dataset.drawn = "1";
    });
    if (start) show(start[0], start[1], true);
    else typed();
    [x, y].forEach(function (input) { input.addEventListener("input", typed); });
    map.on("click", function (event) {
      show(event.latlng.lng, event.latlng.lat, false);
      write(event.latlng);
    });
  }

  /* A map that is folded away has no size yet: it is made when it is opened. */
  function once(box, make) {
    var fold = box.closest("details");
    if (!fold || fold.open) return make(box);
    fold.addEventListener("toggle", function () {
      if (fold.open && !box.dataset.made) {
        box.dataset.made = "1";
        make(box);
      }
    });
  }
  document.querySelectorAll("[data-shapes-map]").forEach(function (box) { once(box, preview); });
  document.querySelectorAll("[data-point-map]").forEach(function (box) { once(box, point); });
})();
