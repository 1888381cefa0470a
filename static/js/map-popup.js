/* Popups and tips: on the desk beside the marker, on the phone in the sheet. Words come as JSON and are set as text. */
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
  var make = page.make;
  var fill = page.fill;
  var pop = document.getElementById("map-pop");
  var sheet = document.getElementById("map-facts");
  var tip = document.getElementById("map-tip");

  function hover(item, pk, fromMap) {
    if (told.hovered === item) return;
    told.hovered = item;
    page.list.mark(pk, "is-hovered");
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
    return page.getJson(url, fetching.signal).then(done).catch(function (error) {
      if (error.name !== "AbortError") page.note(words.popupFailed);
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
      if (push) history.pushState({ sel: pk }, "", page.address());
      page.items();
      if (!facts.at) return show(facts);
      if (move && !map.getBounds().pad(-0.08).contains([facts.at[1], facts.at[0]])) map.panTo([facts.at[1], facts.at[0]], { animate: false });
      show(facts);
      page.list.mark(pk, "is-selected");
      if (!phone.matches) page.list.scrollTo(pk);
    });
  }
  function selectPark(park) {
    ask(config.urls.park.replace("/0/", "/" + park.id + "/") + "?" + page.filterQuery().toString(), function (facts) {
      state.sel = null;
      state.park = park;
      state.facts = facts;
      var box = L.latLngBounds(page.corners(park)).getCenter();
      state.at = [box.lng, box.lat];
      page.items();
      show(facts);
      page.list.mark(null, "is-selected");
    });
  }
  function show(facts) {
    var box = phone.matches ? sheet : pop;
    box.textContent = "";
    var head = make("header", "map-pop-head light-head-" + (facts.light || "park"));
    var title = make("h2", "", facts.title);
    title.id = "map-pop-title";
    if (facts.light) {
      var sign = make("span", "map-pop-light", Map.SYMBOLS[page.lightCode(facts.light)] + (phone.matches ? " " + facts.word : ""));
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
      page.side.scrollTop = 0;
      page.stop("mid", true);
    } else place(true);
    page.say(fill(words.opened, { name: facts.title }));
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
    page.list.mark(null, "is-selected");
    place(false);
    if (had) page.items();
    if (phone.matches) page.stop("low");
    if (back && had) page.keep();
    if (back) map.getContainer().focus({ preventScroll: true });
  }
  window.addEventListener("popstate", function () {
    var sel = parseInt(new URLSearchParams(location.search).get("sel"), 10);
    if (sel) select(sel, false, true);
    else close();
  });

  page.hover = hover;
  page.split = split;
  page.select = select;
  page.selectPark = selectPark;
  page.place = place;
  page.close = close;
})();
