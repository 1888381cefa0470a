/* The map as a picture for a report: what is shown now, twice as sharp, with title, legend, counts, date and attribution. */
(function () {
  "use strict";
  var Map = window.LuodiMap;
  var page = Map.page;
  var FONT = '"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif';

  Map.picture = function () {
    var map = page.map;
    var told = page.told;
    var size = map.getSize();
    var legend = 200;
    var head = 56;
    var foot = 28;
    var high = Math.max(size.y, 460);
    var box = document.createElement("canvas");
    var ratio = 2;
    box.width = (size.x + legend) * ratio;
    box.height = (high + head + foot) * ratio;
    var pen = box.getContext("2d");
    pen.scale(ratio, ratio);
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, box.width, box.height);
    words(pen, document.querySelector("h1").textContent.trim(), 16, 26, 20, "#1b2430", true);
    words(pen, document.querySelector("[data-meta]").textContent.trim(), 16, 46, 12, "#5b6878");
    pen.save();
    pen.translate(legend, head);
    pen.beginPath();
    pen.rect(0, 0, size.x, high);
    pen.clip();
    pen.fillStyle = "#edf1f6";
    pen.fillRect(0, 0, size.x, high);
    var down = (high - size.y) / 2;
    pen.translate(0, down);
    tiles(pen, map);
    var view = Map.viewOf(map, 0, -down, size.x, high, function (lng, lat) { return map.latLngToContainerPoint([lat, lng]); });
    view.print = true;
    view.picture = true;
    view.corners = Map.cornersOf(map, 0.1);
    Map.paintAll(pen, view, told);
    var edges = Map.cornersOf(map, 0);
    if (told.layers.graticule) Map.paintDegrees(pen, view, edges[0], edges[1]);
    Map.paintScale(pen, size.x - 70, high - down - 12, (view.km * 1000) / size.x, view.phone, told.words);
    pen.restore();
    key(pen, 16, head + 18, told);
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, high + head, size.x + legend, foot);
    words(pen, document.querySelector(".map-foot").textContent.trim(), 16, high + head + 18, 11, "#5b6878");
    told.canvas.paint(); /* markers remember where they stand on the page again */
    return box;
  };

  /* Tiles of a base map, where their host lets us read them; else the picture goes without. */
  function tiles(pen, map) {
    var corner = map.getContainer().getBoundingClientRect();
    map.getContainer().querySelectorAll("img.leaflet-tile-loaded").forEach(function (image) {
      var at = image.getBoundingClientRect();
      if (new URL(image.src).origin !== location.origin) return;
      pen.drawImage(image, at.left - corner.left, at.top - corner.top, at.width, at.height);
    });
  }

  function key(pen, x, y, told) {
    var totals = page.state.totals;
    page.config.lights.forEach(function (light, code) {
      Map.marker(pen, code, x + 10, y, 16);
      words(pen, light.word, x + 28, y + 5, 13, "#1b2430");
      pen.textAlign = "right";
      words(pen, String(totals.lights[light.key]), x + 164, y + 5, 13, "#1b2430", true);
      pen.textAlign = "left";
      y += 24;
    });
    words(pen, page.fill(page.config.words.sum, { n: totals.shown, placed: totals.placed }), x, y + 6, 12, "#5b6878");
    y += 34;
    var known = told.shapes.parks.filter(function (park) { return park.of; });
    if (!known.length) return;
    [0, 1, 2, 3].forEach(function (lacks) {
      var look = Map.swatch(lacks);
      pen.save();
      pen.beginPath();
      pen.rect(x, y - 8, 28, 16);
      pen.fillStyle = look.fill;
      pen.fill();
      pen.clip();
      if (look.step) Map.hatch(pen, [x, y - 8, x + 28, y + 8], look.step * 0.8);
      pen.restore();
      pen.strokeStyle = look.edge;
      pen.lineWidth = 1;
      pen.strokeRect(x, y - 8, 28, 16);
      words(pen, page.config.words["lacks" + lacks], x + 36, y + 5, 13, "#1b2430");
      pen.textAlign = "right";
      words(pen, String(known.filter(function (park) { return Map.fillKey(park) === lacks; }).length), x + 164, y + 5, 13, "#1b2430", true);
      pen.textAlign = "left";
      y += 24;
    });
  }

  function words(pen, text, x, y, size, colour, bold) {
    pen.font = (bold ? "700 " : "") + size + "px " + FONT;
    pen.textBaseline = "alphabetic";
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }

  /* On paper the same picture: the page's layout for paper comes too late to draw the map anew. */
  var paper = document.getElementById("map-print");
  window.addEventListener("beforeprint", function () {
    paper.textContent = "";
    paper.append(Map.picture());
  });
  window.addEventListener("afterprint", function () { paper.textContent = ""; });

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-png]")) return;
    Map.picture().toBlob(function (blob) {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = page.config.words.file + "-" + page.config.at.replace(/[-: ]/g, "").slice(0, 8) + ".png";
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    }, "image/png");
  });
})();
