// Points and box as the services are told of them.

// The fields of the request, in pixels of a copy that is `factor` times as large.
export function prompts({ points, box }, factor, { width, height }) {
  const query = {};
  const round = (value, end) => Math.min(Math.round(value * factor * 10) / 10, end);
  const place = ({ x, y }) => [round(x, width - 1), round(y, height - 1)];
  if (points.length) {
    query.points = JSON.stringify(points.map(place));
    query.labels = JSON.stringify(points.map((point) => (point.isWanted ? 1 : 0)));
  }
  if (box) query.box = JSON.stringify(box.map((value, i) => round(value, i % 2 ? height : width)));
  return query;
}
