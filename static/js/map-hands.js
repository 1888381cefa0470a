/* Pointer and keyboard on the map: what a click opens, and arrows that lead to the nearest marker that way. */
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
  var one = page.one;
  var fill = page.fill;

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
    if (item.kind === "mark") return page.select(item.id, true, false);
    var tight = item.box[2] - item.box[0] < 1e-4 && item.box[3] - item.box[1] < 1e-4;
    if (item.kind === "many" || (item.whole && (tight || map.getZoom() >= 17.5))) {
      if (item.whole) {
        state.ids = item.ids;
        page.list.load().catch(function () {});
        if (phone.matches) page.stop("full");
        return page.say(fill(words.here, { n: item.n }));
      }
    }
    if (item.whole) map.fitBounds(L.latLngBounds([item.box[1], item.box[0]], [item.box[3], item.box[2]]), { padding: [90, 90], maxZoom: 18 });
    else map.setView([item.lat, item.lng], Math.min(18, map.getZoom() + 1.5));
  }
  map.on("click", function (event) {
    var item = hit(event.containerPoint, phone.matches);
    if (item) return open(item);
    var park = parkAt(event.containerPoint);
    if (park) return page.selectPark(park);
    if (state.ids) {
      state.ids = null;
      page.reloadList();
    }
    if (state.sel || state.park) page.close(true);
  });
  var hoverLater = null;
  map.on("mousemove", function (event) {
    var item = hit(event.containerPoint, false);
    map.getContainer().classList.toggle("is-over", !!item);
    clearTimeout(hoverLater);
    hoverLater = setTimeout(function () { page.hover(item, item && item.id, true); }, item ? 150 : 0);
  });
  map.on("mouseout", function () {
    clearTimeout(hoverLater);
    page.hover(null, null, true);
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
    else if (event.key === "Escape" && (state.sel || state.park)) page.close(true);
    else if (event.key === "+" || event.key === "=") map.zoomIn();
    else if (event.key === "-") map.zoomOut();
    else if (event.key === "0") page.wholeCity();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.getElementById("map-pop").addEventListener("keydown", function (event) { if (event.key === "Escape") page.close(true); });
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
    if (!best) return page.say(words.none);
    told.focused = best.item;
    var at = map.latLngToContainerPoint([best.item.lat, best.item.lng]);
    if (at.x < 20 || at.y < 20 || at.x > size.x - 20 || at.y > size.y - 20) map.panTo([best.item.lat, best.item.lng], { animate: false });
    told.canvas.paint();
    var item = best.item;
    if (item.kind === "mark") page.say(fill(words.marks, { name: told.names[item.id] || fill(words.unnamed, { n: item.id }), word: config.lights[item.light].word }));
    else page.say(fill(item.kind === "many" ? words.many : words.ring, { n: item.n, split: page.split(item) }));
  }
})();
