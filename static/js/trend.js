/* The weeks as stacked bars: a colour, a pattern and a word for each kind. The table beside it says the same. */
(function () {
  "use strict";
  var holder = document.getElementById("trend"), data = document.getElementById("trend-data");
  if (!holder || !data || !window.echarts) return;
  data = JSON.parse(data.textContent);
  var looks = [
    { color: "#20262e", decal: { symbol: "none" } },
    { color: "#c62f2f", decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4, color: "rgba(255,255,255,.75)" } }
  ];
  var quiet = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  var chart = window.echarts.init(holder, null, { renderer: "canvas" });
  chart.setOption({
    animation: !quiet,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    aria: { enabled: true, decal: { show: true } },
    grid: { left: 44, right: 12, top: 44, bottom: 28 },
    legend: { top: 4, right: 0, selectedMode: true, itemWidth: 22 },
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
    xAxis: { type: "category", data: data.days, axisTick: { show: false } },
    yAxis: { type: "value", name: data.unit, minInterval: 1, splitLine: { lineStyle: { color: "#e3e8ef" } } },
    series: data.series.map(function (one, place) {
      return {
        name: one.name, type: "bar", stack: "stuck", data: one.values, barMaxWidth: 36, itemStyle: looks[place],
        label: { show: true, color: "#fff", textBorderColor: "#20262e", textBorderWidth: 2, formatter: function (p) { return p.value || ""; } }
      };
    })
  });
  window.addEventListener("resize", function () { chart.resize(); });
  window.addEventListener("beforeprint", function () { chart.resize(); });
})();
