import uPlot from "/static/uplot/uPlot.esm.js";
import { follow, onPart } from "/static/live.js";

const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();

const axis = (values) => ({
  stroke: () => colour("--text-soft"),
  grid: { stroke: () => colour("--line"), width: 1 },
  ticks: { show: false },
  font: "12px system-ui, sans-serif",
  values,
});

const seconds = (value) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);

/** Times in UTC, as everywhere on the page; with seconds if they are closer than a minute. */
function clocks(times) {
  const end = times.length > 1 && times[1] - times[0] < 60 ? 19 : 16;
  return times.map((at) => new Date(at * 1000).toISOString().slice(11, end));
}

function chart(name, series, values) {
  const element = document.querySelector(`[data-chart="${name}"]`);
  const options = {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 20, 0, 0],
    scales: { y: { range: (_, __, top) => [0, Math.max(top || 0, name === "rate" ? 10 : 0.1) * 1.05] } },
    axes: [
      { ...axis((_, times) => clocks(times)), size: 24, space: 72 },
      { ...axis((_, splits) => splits.map(values)), size: 56 },
    ],
    series: [{}, ...series],
  };
  const plot = new uPlot(options, [[], ...series.map(() => [])], element);
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: element.clientHeight })).observe(element);
  return plot;
}

const rate = chart(
  "rate",
  [{ stroke: () => colour("--accent"), fill: () => colour("--accent-soft"), width: 1.5, points: { show: false } }],
  (value) => value.toLocaleString("en"),
);
const latency = chart(
  "latency",
  [
    { stroke: () => colour("--line-strong"), width: 1.5, points: { show: false } },
    { stroke: () => colour("--accent"), width: 1.5, points: { show: false } },
  ],
  seconds,
);

onPart("chart", (data) => {
  rate.setData([data.at, data.rate]);
  latency.setData([data.at, data.p99, data.median]);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  rate.redraw();
  latency.redraw();
});
follow();
