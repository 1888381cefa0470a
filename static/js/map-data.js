/* The map's data: reading the columns of gis/payload.py, and joining markers that would touch. No DOM, no Leaflet. */
(function () {
  "use strict";
  var Map = (window.LuodiMap = window.LuodiMap || {});
  var SCALE = 100000;
  Map.BLOCKED = 0; /* the place of a light in the payload is its place in the legend: gis/layers.py, LIGHTS */

  function sums(differences, scale) {
    var total = 0;
    return differences.map(function (step) {
      total += step;
      return scale ? total / scale : total;
    });
  }
  Map.sums = sums;

  /* Texts of base 91 → numbers; the letters are 35 to 126 without the backslash. */
  function numbers(texts) {
    var found = new Float64Array(texts[0].length);
    var worth = 1;
    texts.forEach(function (text) {
      for (var at = 0; at < found.length; at++) {
        var code = text.charCodeAt(at);
        found[at] += (code - (code > 92 ? 36 : 35)) * worth;
      }
      worth *= 91;
    });
    return found;
  }

  /* → [{lng, lat, park, counts | light, id, group}]: a project, or a counted cell */
  Map.decode = function (told, lights) {
    var points = told.kind === "points";
    var lngs = [];
    var lats = [];
    var parks = [];
    if (points) {
      var from = numbers(told.p);
      var xs = numbers(told.x);
      var ys = numbers(told.y);
      for (var at = 0; at < told.n; at++) {
        var origin = told.o[from[at]];
        parks.push(origin[0]);
        lngs.push((origin[1] + xs[at]) / SCALE);
        lats.push((origin[2] + ys[at]) / SCALE);
      }
    } else {
      lngs = sums(told.x, SCALE);
      lats = sums(told.y, SCALE);
      parks = sums(told.p);
    }
    var ids = points ? sums(told.id) : told.id;
    return lngs.map(function (lng, at) {
      var one = { lng: lng, lat: lats[at], park: parks[at], id: ids[at] || 0, n: 1, light: -1, group: -1, counts: null };
      if (points) {
        one.light = told.l.charCodeAt(at) - 48;
        if (told.g) one.group = told.g[at];
      } else {
        one.counts = told.c.map(function (column) { return column[at]; });
        one.n = one.counts.reduce(function (a, b) { return a + b; }, 0);
        if (one.id) one.light = one.counts.findIndex(function (number) { return number > 0; });
      }
      return one;
    });
  };

  Map.outline = function (rings) {
    return rings.map(function (flat) {
      var x = 0;
      var y = 0;
      var ring = [];
      for (var at = 0; at + 1 < flat.length; at += 2) {
        x += flat[at];
        y += flat[at + 1];
        ring.push([x / SCALE, y / SCALE]);
      }
      return ring;
    });
  };

  /* Markers of a view. Blocked ones join only where two would touch (`touch` px), others within one park (and one line of
     the second legend) where centres are less than `near` px apart; `apart` is an id that joins nothing. `pixel(lng, lat)` → {x, y} at the zoom. */
  Map.cluster = function (all, pixel, near, touch, apart) {
    var alone = [];
    var groups = {};
    all.forEach(function (one) {
      var spot = pixel(one.lng, one.lat);
      var member = { x: spot.x, y: spot.y, n: one.n, of: [one] };
      if (apart && one.id === apart) return alone.push(member);
      var blocked = one.light === Map.BLOCKED || (one.counts && one.counts[Map.BLOCKED] > 0);
      var key = blocked ? "b" : "p" + one.park + ":" + one.group;
      (groups[key] = groups[key] || []).push(member);
    });
    Object.keys(groups).forEach(function (key) {
      var reach = key === "b" ? touch : near;
      /* twice: a ring is larger than the markers it is made of */
      alone = alone.concat(joined(joined(groups[key], reach), key === "b" ? reach : reach * 1.25));
    });
    return alone.map(item);
  };

  /* Greedy, over a grid of the reach: each joins the first within reach, whose centre moves by weight. */
  function joined(members, reach) {
    var cells = {};
    var kept = [];
    members.forEach(function (member) {
      var column = Math.floor(member.x / reach);
      var row = Math.floor(member.y / reach);
      for (var dx = -1; dx <= 1; dx++) {
        for (var dy = -1; dy <= 1; dy++) {
          var there = cells[column + dx + ":" + (row + dy)] || [];
          for (var at = 0; at < there.length; at++) {
            var other = there[at];
            if (Math.hypot(other.x - member.x, other.y - member.y) < reach) {
              var n = other.n + member.n;
              other.x = (other.x * other.n + member.x * member.n) / n;
              other.y = (other.y * other.n + member.y * member.n) / n;
              other.n = n;
              other.of = other.of.concat(member.of);
              return;
            }
          }
        }
      }
      kept.push(member);
      var key = column + ":" + row;
      (cells[key] = cells[key] || []).push(member);
    });
    return kept;
  }

  function item(member) {
    var first = member.of[0];
    var lng = 0;
    var lat = 0;
    var counts = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    var box = [180, 90, -180, -90];
    var ids = [];
    member.of.forEach(function (one) {
      lng += one.lng * one.n;
      lat += one.lat * one.n;
      box = [Math.min(box[0], one.lng), Math.min(box[1], one.lat), Math.max(box[2], one.lng), Math.max(box[3], one.lat)];
      if (one.counts) one.counts.forEach(function (number, light) { counts[light] += number; });
      else counts[one.light] += 1;
      if (one.id) ids.push(one.id);
    });
    var kind = member.n === 1 ? "mark" : counts[Map.BLOCKED] ? "many" : "ring";
    return {
      kind: kind, n: member.n, id: member.n === 1 ? first.id : 0, ids: ids, park: first.park, light: first.light, group: first.group,
      counts: counts, lng: lng / member.n, lat: lat / member.n, box: box, whole: ids.length === member.n,
    };
  }

  /* Draw order: hollow and quiet first, blocked last (notes-map.md). */
  var RANK = [8, 7, 6, 5, 4, 3, 2, 1, 0];
  Map.drawOrder = function (items) {
    return items.sort(function (a, b) { return weight(a) - weight(b) || b.lat - a.lat; });
  };
  function weight(one) {
    return one.kind === "ring" ? 4.5 : RANK[one.kind === "many" ? 0 : one.light];
  }
})();
