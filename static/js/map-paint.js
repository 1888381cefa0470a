/* The map's pen: outlines, hatches, markers, rings, labels, graticule and scale on a canvas, on screen and on a picture.
   A `view` says how: {pixel(lng, lat), width, height, left, top, km, phone, layers, print}. No user text but by fillText. */
(function () {
  "use strict";
  var Map = (window.LuodiMap = window.LuodiMap || {});
  var COLOURS = ["#20262e", "#7a1630", "#c62f2f", "#c98a00", "#1b7f4d", "#7d8a9b", "#64748b", "#7d8a9b", "#5e8672"];
  var INK = ["", "#7a1630", "#c62f2f", "#c98a00", "#1b7f4d", "#aab4c0", "#64748b", "#c3cbd5", "#9dbaa9"];
  var SYMBOLS = ["◆", "■■", "■", "▲", "●", "○", "❚❚", "◌", "✓"];
  var FILLS = ["#bcd3ea", "#d3e2f1", "#e3ecf5", "#f1f5fa"];
  var HATCH = [0, 13, 8, 5];
  var EDGE = "#4f7599";
  var FONT = '"Noto Sans CJK SC","PingFang SC","Microsoft YaHei","Source Han Sans SC",sans-serif';
  Map.COLOURS = COLOURS;
  Map.SYMBOLS = SYMBOLS;

  Map.sizes = function (view) {
    if (view.km > 40) return { blocked: 24, other: 15 };
    if (view.km > 10) return { blocked: 26, other: 16 };
    return { blocked: 28, other: 20 };
  };

  /* --- areas --- */
  function trace(pen, view, rings) {
    pen.beginPath();
    rings.forEach(function (ring) {
      ring.forEach(function (corner, at) {
        var spot = view.pixel(corner[0], corner[1]);
        if (at) pen.lineTo(spot.x, spot.y);
        else pen.moveTo(spot.x, spot.y);
      });
      pen.closePath();
    });
  }
  Map.paintDistricts = function (pen, view, districts, land) {
    districts.forEach(function (area) {
      if (!area.city || !land) return;
      trace(pen, view, area.rings);
      pen.fillStyle = "#ffffff";
      pen.fill("evenodd");
    });
    if (!view.layers.districts) return;
    [false, true].forEach(function (city) {
      districts.forEach(function (area) {
        if (!!area.city !== city) return;
        trace(pen, view, area.rings);
        pen.lineWidth = city ? 1.8 : 1.2;
        pen.strokeStyle = city ? "#5b6878" : "#9aa6b5";
        pen.lineJoin = "round";
        pen.stroke();
      });
    });
  };
  Map.fillKey = function (park) { return park.of ? Math.min(park.of - park.done, 3) : 0; };
  Map.hatch = function (pen, box, step) {
    pen.beginPath();
    var high = box[3] - box[1];
    for (var x = box[0] - high - ((box[0] - high) % step); x < box[2] + high; x += step) {
      pen.moveTo(x, box[3]);
      pen.lineTo(x + high, box[1]);
    }
    pen.lineWidth = 1;
    pen.strokeStyle = "#7fa3c9";
    pen.stroke();
  };
  Map.paintParks = function (pen, view, parks, base) {
    parks.forEach(function (park) {
      var box = frame(view, park.rings);
      if (box[2] < view.left || box[0] > view.left + view.width || box[3] < view.top || box[1] > view.top + view.height) return;
      if (box[2] - box[0] < 3) return;
      var key = Map.fillKey(park);
      trace(pen, view, park.rings);
      pen.save();
      pen.globalAlpha = base ? 0.75 : 1;
      pen.fillStyle = FILLS[key];
      pen.fill("evenodd");
      if (HATCH[key]) {
        pen.clip("evenodd");
        Map.hatch(pen, [Math.max(box[0], view.left - 50), Math.max(box[1], view.top - 50), Math.min(box[2], view.left + view.width + 50), Math.min(box[3], view.top + view.height + 50)], HATCH[key]);
      }
      pen.restore();
      trace(pen, view, park.rings);
      pen.lineWidth = 1.4;
      pen.strokeStyle = EDGE;
      pen.lineJoin = "round";
      pen.stroke();
    });
  };
  function frame(view, rings) {
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    rings.forEach(function (ring) {
      ring.forEach(function (corner) {
        var spot = view.pixel(corner[0], corner[1]);
        box = [Math.min(box[0], spot.x), Math.min(box[1], spot.y), Math.max(box[2], spot.x), Math.max(box[3], spot.y)];
      });
    });
    return box;
  }
  Map.frame = frame;
  Map.swatch = function (key) { return { fill: FILLS[key], step: HATCH[key], edge: EDGE }; };

  /* --- markers --- */
  function path(pen, light, x, y, size) {
    var half = size / 2;
    pen.beginPath();
    if (light === 0) {
      pen.moveTo(x, y - half); pen.lineTo(x + half, y); pen.lineTo(x, y + half); pen.lineTo(x - half, y); pen.closePath();
    } else if (light === 1) {
      var side = size * 0.72;
      pen.rect(x - side - 0.75, y - side / 2, side, side);
      pen.rect(x + 0.75, y - side / 2, side, side);
    } else if (light === 2) {
      pen.rect(x - half * 0.86, y - half * 0.86, size * 0.86, size * 0.86);
    } else if (light === 3) {
      pen.moveTo(x, y - half); pen.lineTo(x + half * 1.08, y + half * 0.86); pen.lineTo(x - half * 1.08, y + half * 0.86); pen.closePath();
    } else if (light === 6) {
      pen.rect(x - half * 0.8, y - half * 0.86, size * 0.29, size * 0.86);
      pen.rect(x + half * 0.22, y - half * 0.86, size * 0.29, size * 0.86);
    } else pen.arc(x, y, half * 0.92, 0, 2 * Math.PI);
  }
  Map.marker = function (pen, light, x, y, size, letter) {
    var colour = COLOURS[light];
    var hollow = light === 5 || light === 7 || light === 8;
    pen.save();
    pen.lineJoin = "round";
    path(pen, light, x, y, size);
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = light === 0 ? 5 : 4;
    pen.stroke();
    if (hollow) {
      pen.fillStyle = "#ffffff";
      pen.fill();
      pen.strokeStyle = colour;
      pen.lineWidth = light === 7 ? 1.8 : 1.5;
      if (light === 7) pen.setLineDash([2.6, 2.4]);
      pen.stroke();
      pen.setLineDash([]);
      if (light === 8 && !letter) {
        pen.beginPath();
        pen.moveTo(x - size * 0.22, y + size * 0.02); pen.lineTo(x - size * 0.05, y + size * 0.19); pen.lineTo(x + size * 0.25, y - size * 0.17);
        pen.lineWidth = 1.8;
        pen.stroke();
      }
    } else {
      pen.fillStyle = colour;
      pen.fill();
    }
    if (letter && (light === 1 || light === 6)) badge(pen, letter, x + size * 0.62, y + size * 0.5); /* no room inside */
    else if (letter && size >= 15) write(pen, letter, x, y + (light === 3 ? size * 0.12 : 0), Math.round(size * (light === 0 ? 0.46 : 0.56)), hollow ? "#1b2430" : "#ffffff", true);
    else if (light === 0 && size >= 16) {
      pen.fillStyle = "#ffffff";
      pen.fillRect(x - size * 0.055, y - size * 0.25, size * 0.11, size * 0.31);
      pen.fillRect(x - size * 0.055, y + size * 0.12, size * 0.11, size * 0.11);
    }
    pen.restore();
  };
  Map.radius = function (n, phone) { return n >= 50 ? 22 : n >= 10 ? 19 : phone ? 16 : 17; };
  Map.ring = function (pen, item, x, y, phone, split) {
    var outer = Map.radius(item.n, phone);
    var parts = [];
    item.counts.forEach(function (number, light) { if (number) parts.push([light, number / item.n]); });
    pen.save();
    circle(pen, x, y, outer + 2, "#ffffff");
    /* each part at least 20 degrees: what is rare and bad is seen */
    var least = 20 / 360;
    var small = parts.filter(function (part) { return part[1] < least; });
    var rest = parts.reduce(function (sum, part) { return sum + (part[1] < least ? 0 : part[1]); }, 0);
    var room = 1 - small.length * least;
    var gap = parts.length > 1 ? 0.07 : 0;
    var from = -Math.PI / 2;
    parts.forEach(function (part) {
      var share = part[1] < least ? least : (part[1] / rest) * room;
      var to = from + share * 2 * Math.PI;
      pen.beginPath();
      pen.arc(x, y, outer - 3, from + gap / 2, to - gap / 2);
      pen.lineWidth = 6;
      pen.strokeStyle = INK[part[0]] || COLOURS[part[0]];
      pen.stroke();
      from = to;
    });
    write(pen, item.n > 9999 ? Math.round(item.n / 1000) + "k" : String(item.n), x, y, item.n > 999 ? 11 : 13, "#1b2430", true);
    var worst = item.counts[1] ? 1 : item.counts[2] ? 2 : -1;
    if (worst > 0) Map.marker(pen, worst, x + outer * 0.9 * Math.SQRT1_2 + (worst === 1 ? 4 : 1), y - outer * 0.9 * Math.SQRT1_2 - 1, 11);
    if (split) {
      var words = parts.map(function (part) { return SYMBOLS[part[0]] + item.counts[part[0]]; }).join(" ");
      halo(pen, words, x, y + outer + 10, 11, "#1b2430", "center");
    }
    pen.restore();
  };
  function badge(pen, letter, x, y) {
    pen.fillStyle = "#ffffff";
    pen.fillRect(x - 9, y - 9, 18, 18);
    pen.fillStyle = "#20262e";
    pen.fillRect(x - 8, y - 8, 16, 16);
    write(pen, letter, x, y, 11, "#ffffff", true);
  }
  Map.many = function (pen, item, x, y, size) {
    Map.marker(pen, 0, x, y, size + 4, item.n > 999 ? "…" : String(item.n));
  };
  function circle(pen, x, y, radius, fill) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = fill;
    pen.fill();
  }
  function write(pen, words, x, y, size, colour, bold) {
    pen.font = (bold ? "700 " : "") + size + "px " + FONT;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = colour;
    pen.fillText(words, x, y + size * 0.06);
  }
  function halo(pen, words, x, y, size, colour, align, bold) {
    pen.font = (bold ? "700 " : "") + size + "px " + FONT;
    pen.textAlign = align || "left";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    pen.strokeStyle = "#ffffff";
    pen.strokeText(words, x, y);
    pen.fillStyle = colour;
    pen.fillText(words, x, y);
  }
  Map.write = write;
  Map.halo = halo;

  /* Draws the items and leaves on each where it is: x, y and its reach in pixels of the layer. */
  Map.paintItems = function (pen, view, items, marks) {
    var sizes = Map.sizes(view);
    items.forEach(function (one) {
      var spot = view.pixel(one.lng, one.lat);
      one.x = spot.x;
      one.y = spot.y;
      one.size = one.kind === "ring" ? 2 * Map.radius(one.n, view.phone) + 4 : one.light === 0 || one.kind === "many" ? sizes.blocked : sizes.other;
      if (marks && one.kind === "mark" && one.light !== 0) one.size = Math.max(one.size, 18);
      if (spot.x < view.left - 40 || spot.x > view.left + view.width + 40 || spot.y < view.top - 40 || spot.y > view.top + view.height + 40) return;
      var letter = marks && one.group >= 0 && one.kind !== "many" ? marks[one.group] : "";
      pen.globalAlpha = marks && marks.length && one.kind !== "many" && !letter ? 0.4 : 1; /* what the letters are not about */
      if (one.kind === "ring") {
        Map.ring(pen, one, spot.x, spot.y, view.phone, view.print);
        if (letter) badge(pen, letter, spot.x - one.size * 0.36, spot.y + one.size * 0.36);
      } else if (one.kind === "many") Map.many(pen, one, spot.x, spot.y, one.size);
      else Map.marker(pen, one.light, spot.x, spot.y, one.size, letter);
      pen.globalAlpha = 1;
    });
  };
  Map.halos = function (pen, one, colour, width) {
    pen.beginPath();
    pen.arc(one.x, one.y, one.size / 2 + (one.kind === "ring" ? 3 : 7), 0, 2 * Math.PI);
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.stroke();
  };

  /* --- labels: outside of polygons, where they hit least; districts give way first, then full parks --- */
  function hits(box, boxes) {
    return boxes.filter(function (other) { return box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]; }).length;
  }
  Map.paintLabels = function (pen, view, shapes, items, names) {
    var taken = items.filter(function (one) { return one.size; }).map(function (one) {
      var half = one.size / 2 + 1;
      return [one.x - half, one.y - half, one.x + half, one.y + half];
    });
    var placed = [];
    if (view.layers.parks) {
      var parks = shapes.parks.slice().sort(function (a, b) { return Map.fillKey(b) - Map.fillKey(a) || (a.code < b.code ? -1 : 1); });
      parks.forEach(function (park) { parkLabel(pen, view, park, taken, placed); });
    }
    if (view.layers.districts) {
      shapes.districts.forEach(function (area) {
        if (area.city) return;
        var box = frame(view, area.rings);
        pen.font = "16px " + FONT;
        var words = area.name.split("").join("\u2009\u2009");
        var wide = pen.measureText(words).width / 2;
        var best = null;
        [0.5, 0.36, 0.64, 0.25, 0.75].forEach(function (down) {
          [0.5, 0.35, 0.65].forEach(function (across) {
            var x = box[0] + (box[2] - box[0]) * across;
            var y = box[1] + (box[3] - box[1]) * down;
            if (best || !within(view, area.rings, x, y)) return;
            var mine = [x - wide - 4, y - 12, x + wide + 4, y + 12];
            if (hits(mine, taken) + hits(mine, placed) + insideParks(view, shapes.parks, mine) === 0) best = [x, y, mine];
          });
        });
        if (!best) return;
        placed.push(best[2]);
        halo(pen, words, best[0], best[1], 16, "#8793a3", "center");
      });
    }
    if (!names || !(view.layers.names || view.km < 10)) return;
    items.forEach(function (one) {
      if (one.kind !== "mark" || !names[one.id]) return;
      pen.font = "12px " + FONT;
      var words = names[one.id].length > 16 ? names[one.id].slice(0, 15) + "…" : names[one.id];
      var mine = [one.x + one.size / 2 + 4, one.y - 8, one.x + one.size / 2 + 6 + pen.measureText(words).width, one.y + 8];
      if (hits(mine, placed) + hits(mine, taken) > 0) return;
      placed.push(mine);
      halo(pen, words, mine[0], one.y, 12, "#1b2430");
    });
  };
  function insideParks(view, parks, box) {
    return parks.filter(function (park) {
      var mine = frame(view, park.rings);
      return box[0] < mine[2] && box[2] > mine[0] && box[1] < mine[3] && box[3] > mine[1];
    }).length;
  }
  function within(view, rings, x, y) {
    var inside = false;
    rings.forEach(function (ring) {
      for (var at = 0, last = ring.length - 1; at < ring.length; last = at++) {
        var a = view.pixel(ring[at][0], ring[at][1]);
        var b = view.pixel(ring[last][0], ring[last][1]);
        if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
      }
    });
    return inside;
  }
  Map.within = within;
  function parkLabel(pen, view, park, taken, placed) {
    var box = frame(view, park.rings);
    if (box[2] - box[0] < 14 && view.km > 40) return;
    var name = park.name.length > 16 ? park.name.slice(0, 15) + "…" : park.name;
    var badge = park.of ? park.done + "/" + park.of : "";
    pen.font = "12px " + FONT;
    var wide = pen.measureText(name).width;
    var all = wide + (badge ? 34 : 0);
    var x = (box[0] + box[2]) / 2;
    var full = park.done === park.of;
    var best = null;
    [box[1] - 13, box[3] + 14].forEach(function (y) {
      [0, -all / 4, all / 4].forEach(function (aside) {
        var mine = [x + aside - all / 2 - 2, y - 9, x + aside + all / 2 + 2, y + 9];
        var cost = 4 * hits(mine, placed) + hits(mine, taken) + Math.abs(aside) / 1000;
        if (!best || cost < best.cost) best = { cost: cost, y: y, x: x + aside, mine: mine };
      });
    });
    if (hits(best.mine, placed) && full) return;
    placed.push(best.mine);
    var left = best.x - all / 2;
    halo(pen, name, left, best.y, 12, "#1b2430");
    if (!badge) return;
    var at = left + wide + 5;
    pen.beginPath();
    pen.rect(at, best.y - 8, 28, 16);
    pen.fillStyle = full ? "#ffffff" : "#25405e";
    pen.fill();
    pen.lineWidth = 1;
    pen.strokeStyle = full ? EDGE : "#25405e";
    pen.stroke();
    write(pen, badge, at + 14, best.y, 11, full ? "#25405e" : "#ffffff", true);
  }

  /* --- graticule and scale --- */
  var STEPS = [0.1, 0.2, 0.5, 1, 2, 3, 6, 10, 15, 30, 60, 120, 300, 600]; /* minutes of arc */
  Map.gridLines = function (view, corner, opposite) {
    var across = view.width / Math.max((opposite[0] - corner[0]) * 60, 1e-9);
    var step = STEPS.find(function (minutes) { return minutes * across >= 80; }) || 1200;
    var lines = { step: step, lngs: [], lats: [] };
    for (var lng = Math.ceil((corner[0] * 60) / step) * step; lng <= opposite[0] * 60; lng += step) lines.lngs.push(lng / 60);
    for (var lat = Math.ceil((corner[1] * 60) / step) * step; lat <= opposite[1] * 60; lat += step) lines.lats.push(lat / 60);
    return lines;
  };
  Map.degrees = function (value, step) {
    var minutes = Math.abs(value) * 60;
    var whole = Math.floor(minutes / 60 + 1e-9);
    var rest = minutes - whole * 60;
    var shown = step < 1 ? rest.toFixed(1) : String(Math.round(rest));
    return whole + "°" + (shown.length < 2 || shown.charAt(1) === "." ? "0" : "") + shown + "′";
  };
  Map.paintGraticule = function (pen, view, corner, opposite) {
    var lines = Map.gridLines(view, corner, opposite);
    pen.save();
    pen.strokeStyle = "#cfd8e2";
    pen.lineWidth = 1;
    pen.setLineDash([1, 4]);
    pen.beginPath();
    lines.lngs.forEach(function (lng) {
      var a = view.pixel(lng, corner[1]);
      pen.moveTo(Math.round(a.x) + 0.5, view.top);
      pen.lineTo(Math.round(a.x) + 0.5, view.top + view.height);
    });
    lines.lats.forEach(function (lat) {
      var a = view.pixel(corner[0], lat);
      pen.moveTo(view.left, Math.round(a.y) + 0.5);
      pen.lineTo(view.left + view.width, Math.round(a.y) + 0.5);
    });
    pen.stroke();
    pen.restore();
  };
  Map.paintDegrees = function (pen, view, corner, opposite) {
    var lines = Map.gridLines(view, corner, opposite);
    lines.lngs.forEach(function (lng) {
      var x = view.pixel(lng, corner[1]).x;
      if (x > view.left + 60 && x < view.left + view.width - 60) halo(pen, Map.degrees(lng, lines.step), x, view.top + 11, 11, "#5b6878", "center");
    });
    lines.lats.forEach(function (lat) {
      var y = view.pixel(corner[0], lat).y;
      if (y > view.top + 26 && y < view.top + view.height - 30) halo(pen, Map.degrees(lat, lines.step), view.left + 4, y - 7, 11, "#5b6878");
    });
  };
  Map.paintScale = function (pen, x, y, metresPerPixel, phone, words) {
    var most = (phone ? 60 : 140) * metresPerPixel;
    var power = Math.pow(10, Math.floor(Math.log10(most)));
    var length = [5, 2, 1].map(function (n) { return n * power; }).find(function (n) { return n <= most; });
    var wide = length / metresPerPixel;
    var unit = length >= 1000 ? [1000, words.km] : [1, words.m];
    pen.fillStyle = "rgba(255,255,255,.86)";
    pen.fillRect(x - wide - 34, y - 26, wide + 60, 32);
    pen.fillStyle = "#1b2430";
    pen.fillRect(x - wide, y - 5, wide / 2, 5);
    pen.strokeStyle = "#1b2430";
    pen.lineWidth = 1;
    pen.strokeRect(x - wide + 0.5, y - 4.5, wide - 1, 4);
    halo(pen, "0", x - wide, y - 14, 11, "#1b2430", "center");
    if (wide / 2 >= 34) halo(pen, String(length / 2 / unit[0]), x - wide / 2, y - 14, 11, "#1b2430", "center");
    halo(pen, length / unit[0] + " " + unit[1], x, y - 14, 11, "#1b2430", "center");
    return wide;
  };
})();
