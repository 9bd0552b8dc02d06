// Charts of a page, each drawn from the numbers of the table beside it: what is seen and what is read cannot differ.
//
//   <figure class="chart" data-chart="bars" data-y="questions" data-x="level">
//     <div class="plot" role="img" aria-label="…"></div>
//     <details open> … <table> head: first column is x, heads with data-series are drawn … </table></details>
//   </figure>
//
// data-chart: "bars", "stacked" (bars on each other), "lines", "calibration" (points against the diagonal).
// data-x-type: "category" (default) or "value". data-y-max: upper end of y. data-percent: numbers are shares of 1.
// data-horizontal: bars lie. A head's data-series names its colour ("good", "bad", "series-3") or is empty;
// data-line in it draws that one as a line among bars. A cell's data-v is the plain number behind its text.
"use strict";
(() => {
  const drawn = new Map();
  // Areas are softer than text of the same meaning.
  const FILLS = { good: "fill-good", bad: "fill-bad", unsure: "fill-unsure" };

  // A colour variable as the browser computes it now: light-dark() is known to style sheets only.
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };

  const number = (cell) => {
    const raw = (cell.dataset.v ?? cell.textContent).replaceAll(",", "").trim();
    return raw === "" || Number.isNaN(Number(raw)) ? null : Number(raw);
  };

  const read = (figure) => {
    const table = figure.querySelector("table");
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    const rows = [...table.tBodies[0].rows];
    const isValue = figure.dataset.xType === "value" || figure.dataset.chart === "calibration";
    return {
      x: rows.map((row) => (isValue ? number(row.cells[0]) : row.cells[0].textContent.trim())),
      series: heads.flatMap((head, column) => ("series" in head.dataset ? [{
        name: head.textContent.trim(),
        colour: head.dataset.series,
        isLine: "line" in head.dataset,
        values: rows.map((row) => number(row.cells[column])),
      }] : [])),
    };
  };

  const shown = (value, percent) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (percent) return `${Number((100 * value).toFixed(1))}%`;
    return value.toLocaleString("en", { maximumSignificantDigits: 4 });
  };
  // On an axis there is little room.
  const brief = (value, percent) =>
    percent ? shown(value, true) : value.toLocaleString("en", { notation: Math.abs(value) >= 1e4 ? "compact" : "standard", maximumSignificantDigits: 4 });

  const option = (figure) => {
    const { chart, x: xName = "", y: yName = "", yMax, xType = "category" } = figure.dataset;
    const percent = "percent" in figure.dataset;
    const horizontal = "horizontal" in figure.dataset;
    const data = read(figure);
    const ink = colour("ink"), muted = colour("muted"), line = colour("line"), surface = colour("surface");
    const narrow = figure.clientWidth < 520;
    const isCalibration = chart === "calibration";
    const isValue = xType === "value" || isCalibration;
    const hasLegend = data.series.length > 1 || isCalibration;

    const along = {
      type: isValue ? "value" : "category",
      ...(isValue ? {} : { data: data.x }),
      ...(isCalibration ? { min: 0, max: 1 } : isValue ? { scale: true, ...(data.x.every(Number.isInteger) ? { minInterval: 1 } : {}) } : {}),
      name: xName, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: muted },
      axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
      axisLabel: { color: muted, hideOverlap: true, ...(isValue ? { formatter: (value) => brief(value, isCalibration) } : {}), ...(horizontal ? { width: narrow ? 110 : 220, overflow: "truncate" } : {}) },
      ...(horizontal ? { inverse: true } : {}),
    };
    const up = {
      type: "value", name: yName, nameLocation: horizontal ? "middle" : "end", nameGap: horizontal ? 28 : 12,
      nameTextStyle: { color: muted, align: horizontal ? "center" : "left" },
      ...(yMax || isCalibration ? { max: Number(yMax || 1), min: 0 } : {}),
      // Shares end at one, where they come near.
      ...(percent && !yMax && !isCalibration ? { max: (extent) => (extent.max > 0.6 && extent.max <= 1 ? 1 : null) } : {}),
      splitNumber: horizontal && narrow ? 3 : 5,
      axisLabel: { color: muted, hideOverlap: true, formatter: (value) => brief(value, percent) },
      splitLine: { lineStyle: { color: line } }, minInterval: percent ? 0 : undefined,
    };
    const series = data.series.map((each, index) => {
      const isLine = chart === "lines" || isCalibration || each.isLine;
      return {
        name: each.name,
        type: isLine ? "line" : "bar",
        data: isValue ? each.values.map((value, at) => [data.x[at], value]) : each.values,
        color: colour(FILLS[each.colour] || each.colour || `series-${(index % 8) + 1}`),
        ...(isLine
          ? { showSymbol: data.x.length < 60, symbolSize: 7, lineStyle: { width: 2 }, connectNulls: false }
          : { stack: chart === "stacked" ? "all" : undefined, barMaxWidth: 44,
              itemStyle: { borderRadius: chart === "stacked" ? 0 : horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] } }),
      };
    });
    if (isCalibration) {
      series.push({
        name: "as sure as right", type: "line", data: [[0, 0], [1, 1]], color: muted, symbol: "none", silent: true,
        lineStyle: { width: 1, type: "dashed" }, tooltip: { show: false },
      });
    }
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 8, right: 16, top: (hasLegend ? 36 : 8) + (yName && !horizontal ? 22 : 0), bottom: 8, outerBoundsMode: "same" },
      legend: { show: hasLegend, type: "scroll", top: 0, left: 0, textStyle: { color: ink }, icon: "roundRect", itemWidth: 12, itemHeight: 12, pageTextStyle: { color: muted } },
      // Rich text is drawn, never parsed as HTML: names come from the run.
      tooltip: {
        trigger: isCalibration ? "item" : "axis", renderMode: "richText", confine: true, backgroundColor: surface, borderColor: line,
        textStyle: { color: ink }, axisPointer: { type: chart === "lines" ? "line" : "shadow" },
        valueFormatter: (value) => shown(Array.isArray(value) ? value[1] : value, percent),
      },
      xAxis: horizontal ? up : along,
      yAxis: horizontal ? along : up,
      series,
    };
  };

  const draw = (figure) => {
    const plot = figure.querySelector(".plot");
    if ("horizontal" in figure.dataset) {
      // Bars that lie need as much room as there are of them.
      const { series, x } = read(figure);
      const bars = figure.dataset.chart === "stacked" ? 1 : series.length;
      plot.style.height = `${96 + x.length * (16 + 24 * bars)}px`;
    }
    let chart = drawn.get(figure);
    if (!chart) {
      chart = echarts.init(plot, null, { renderer: "svg" });
      drawn.set(figure, chart);
      let width = plot.clientWidth;
      new ResizeObserver(() => {
        if (plot.clientWidth === width) return;
        width = plot.clientWidth;
        chart.resize();
        chart.setOption(option(figure), true);
      }).observe(plot);
    }
    chart.setOption(option(figure), true);
  };
  const drawAll = () => document.querySelectorAll("figure.chart").forEach(draw);

  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    for (const details of document.querySelectorAll("figure.chart > details")) details.open = false;
    document.documentElement.dataset.charts = "drawn";
  });
  document.addEventListener("themechange", drawAll);

  // On paper: light colours, the width of a sheet, and every table of numbers open.
  let opened = [];
  const redraw = () => {
    drawn.forEach((chart) => chart.resize());
    drawAll();
  };
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((details) => { details.open = true; });
    document.documentElement.dataset.printing = "";
    redraw();
  });
  addEventListener("afterprint", () => {
    opened.forEach((details) => { details.open = false; });
    delete document.documentElement.dataset.printing;
    redraw();
  });
})();
