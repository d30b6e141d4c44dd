// Points and box as the services are told of them.

// The fields of the request, in pixels of a copy of the picture. Both sides have a factor of their own:
// the short side of a long picture is a few pixels in its copy, and rounded to whole ones.
export function prompts({ points, box }, picture, copy) {
  const query = {};
  const [across, down] = [copy.width / picture.width, copy.height / picture.height];
  const round = (value, end) => Math.min(Math.round(value * 10) / 10, end);
  const place = ({ x, y }) => [round(x * across, copy.width - 1), round(y * down, copy.height - 1)];
  if (points.length) {
    query.points = JSON.stringify(points.map(place));
    query.labels = JSON.stringify(points.map((point) => (point.isWanted ? 1 : 0)));
  }
  if (box) {
    const ends = [copy.width, copy.height];
    query.box = JSON.stringify(box.map((value, i) => round(value * [across, down][i % 2], ends[i % 2])));
  }
  return query;
}
