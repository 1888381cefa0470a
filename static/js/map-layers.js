/* The plugins that folium's shell calls: one canvas that moves with the map (outlines, points, graticule), one that stands
   still (degrees and scale), and base maps drawn in GCJ-02. State is on `map.luodi`; static/js/map.js fills it. */
(function () {
  "use strict";
  var Map = window.LuodiMap;

  function state(map) {
    if (!map.luodi) {
      map.luodi = {
        passes: {}, items: [], names: {}, marks: null, shapes: { districts: [], parks: [] }, selected: null, hovered: null, focused: null,
        layers: { parks: true, districts: true, graticule: true, names: false }, words: { km: "km", m: "m" }, base: null,
      };
      map.luodi.canvas = new Canvas().addTo(map);
    }
    return map.luodi;
  }

  var Canvas = L.Renderer.extend({
    options: { padding: 0.2, pane: "overlayPane" },
    initialize: function (options) {
      L.Renderer.prototype.initialize.call(this, options);
      this._layers = {};
    },
    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.className = "map-canvas";
      this._container.setAttribute("aria-hidden", "true");
    },
    _destroyContainer: function () {
      this._container.remove();
      this._container = null;
    },
    _updatePaths: function () {},
    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.paint();
    },
    view: function () {
      var map = this._map;
      var size = this._bounds.getSize();
      return Map.viewOf(map, this._bounds.min.x, this._bounds.min.y, size.x, size.y, function (lng, lat) {
        return map.latLngToLayerPoint([lat, lng]);
      });
    },
    paint: function () {
      if (!this._bounds) return;
      var map = this._map;
      var box = this._container;
      var ratio = Math.min(window.devicePixelRatio || 1, 2);
      var size = this._bounds.getSize();
      L.DomUtil.setPosition(box, this._bounds.min);
      if (box.width !== Math.round(size.x * ratio) || box.height !== Math.round(size.y * ratio)) {
        box.width = Math.round(size.x * ratio);
        box.height = Math.round(size.y * ratio);
        box.style.width = size.x + "px";
        box.style.height = size.y + "px";
      }
      var pen = box.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, -this._bounds.min.x * ratio, -this._bounds.min.y * ratio);
      pen.clearRect(this._bounds.min.x, this._bounds.min.y, size.x, size.y);
      Map.paintAll(pen, this.view(), map.luodi);
      map.fire("painted");
    },
  });

  Map.viewOf = function (map, left, top, width, height, pixel) {
    var size = map.getSize();
    var middle = size.y / 2;
    var metres = map.distance(map.containerPointToLatLng([0, middle]), map.containerPointToLatLng([size.x, middle]));
    return { pixel: pixel, left: left, top: top, width: width, height: height, km: metres / 1000, phone: size.x < 640, layers: map.luodi.layers };
  };

  /* Everything that moves with the map, bottom up; also for pictures. */
  Map.paintAll = function (pen, view, told) {
    var pass = told.passes;
    var corners = view.corners || told.corners;
    if (pass.outlines) Map.paintDistricts(pen, view, told.shapes.districts, !told.base);
    if (pass.graticule && view.layers.graticule && corners) Map.paintGraticule(pen, view, corners[0], corners[1]);
    if (pass.outlines) Map.paintParks(pen, view, told.shapes.parks, told.base);
    if (pass.points) Map.paintItems(pen, view, told.items, told.marks);
    if (pass.outlines) Map.paintLabels(pen, view, told.shapes, told.items, told.names);
    [["hovered", "#8a96a6", 1.5], ["selected", "#1f5fa8", 2.5], ["focused", "#1f5fa8", 2]].forEach(function (one) {
      var item = told[one[0]];
      if (!item || !item.size || view.picture) return;
      if (item.kind === "mark") Map.marker(pen, item.light, item.x, item.y, item.size, told.marks && item.group >= 0 ? told.marks[item.group] : "");
      Map.halos(pen, item, one[1], one[2]);
    });
  };

  Map.outlines = function (map) { state(map).passes.outlines = true; };
  Map.points = function (map) { state(map).passes.points = true; };

  /* The standing canvas. */
  function standing(map) {
    var told = state(map);
    if (told.hud) return told.hud;
    var box = (told.hud = document.createElement("canvas"));
    box.className = "map-hud";
    box.setAttribute("aria-hidden", "true");
    map.getContainer().appendChild(box);
    var draw = function () {
      var size = map.getSize();
      var ratio = Math.min(window.devicePixelRatio || 1, 2);
      if (box.width !== size.x * ratio || box.height !== size.y * ratio) {
        box.width = size.x * ratio;
        box.height = size.y * ratio;
        box.style.width = size.x + "px";
        box.style.height = size.y + "px";
      }
      var pen = box.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, size.x, size.y);
      var view = Map.viewOf(map, 0, 0, size.x, size.y, function (lng, lat) { return map.latLngToContainerPoint([lat, lng]); });
      var edges = Map.cornersOf(map, 0);
      if (told.passes.graticule && told.layers.graticule) Map.paintDegrees(pen, view, edges[0], edges[1]);
      if (told.leader) {
        pen.beginPath();
        pen.moveTo(told.leader[0], told.leader[1]);
        pen.lineTo(told.leader[2], told.leader[3]);
        pen.strokeStyle = "#1b2430";
        pen.lineWidth = 1.5;
        pen.stroke();
      }
      if (told.passes.scale) {
        var y = size.y - (view.phone ? 24 : 12);
        Map.paintScale(pen, view.phone ? 96 : size.x - 70, y, (view.km * 1000) / size.x, view.phone, told.words);
      }
    };
    told.redrawHud = draw;
    map.on("move resize zoomend viewreset", draw);
    return box;
  }
  Map.cornersOf = function (map, padding) {
    var size = map.getSize();
    var low = map.containerPointToLatLng([-size.x * padding, size.y * (1 + padding)]);
    var high = map.containerPointToLatLng([size.x * (1 + padding), -size.y * padding]);
    return [[low.lng, low.lat], [high.lng, high.lat]];
  };
  Map.graticule = function (map) {
    var told = state(map);
    told.passes.graticule = true;
    var keep = function () { told.corners = Map.cornersOf(map, 0.25); };
    map.on("move zoomend resize viewreset", keep);
    keep();
    standing(map);
  };
  Map.scale = function (map) {
    state(map).passes.scale = true;
    standing(map);
  };

  /* GCJ-02: the tiles lie some hundred metres off, so that map is projected with the same shift. gis/datum.py, in short. */
  var AXIS = 6378245;
  var ECC = 0.00669342162296594323;
  function shift(lng, lat) {
    if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return [0, 0];
    var x = lng - 105;
    var y = lat - 35;
    var pi = Math.PI;
    var waves = ((20 * Math.sin(6 * x * pi) + 20 * Math.sin(2 * x * pi)) * 2) / 3;
    var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + waves + ((20 * Math.sin(y * pi) + 40 * Math.sin((y / 3) * pi)) * 2) / 3 + ((160 * Math.sin((y / 12) * pi) + 320 * Math.sin((y * pi) / 30)) * 2) / 3;
    var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + waves + ((20 * Math.sin(x * pi) + 40 * Math.sin((x / 3) * pi)) * 2) / 3 + ((150 * Math.sin((x / 12) * pi) + 300 * Math.sin((x / 30) * pi)) * 2) / 3;
    var curve = 1 - ECC * Math.pow(Math.sin((lat / 180) * pi), 2);
    var root = Math.sqrt(curve);
    return [(east * 180) / ((AXIS / root) * Math.cos((lat / 180) * pi) * pi), (north * 180) / (((AXIS * (1 - ECC)) / (curve * root)) * pi)];
  }
  Map.toGcj02 = function (lng, lat) {
    var by = shift(lng, lat);
    return [lng + by[0], lat + by[1]];
  };
  var plain = L.CRS.EPSG3857;
  Map.GCJ02 = L.extend({}, plain, {
    code: "GCJ-02",
    projection: L.extend({}, plain.projection, {
      project: function (at) {
        var moved = Map.toGcj02(at.lng, at.lat);
        return plain.projection.project(L.latLng(moved[1], moved[0]));
      },
      unproject: function (point) {
        var there = plain.projection.unproject(point);
        var lng = there.lng;
        var lat = there.lat;
        for (var turn = 0; turn < 4; turn++) {
          var by = shift(lng, lat);
          lng = there.lng - by[0];
          lat = there.lat - by[1];
        }
        return L.latLng(lat, lng);
      },
    }),
  });
})();
