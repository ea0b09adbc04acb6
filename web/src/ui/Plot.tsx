/** A line over time, as SVG. */

export interface Point {
  readonly at: number;
  readonly value: number;
}

interface Props {
  points: readonly Point[];
  label: string;
  width?: number;
  height?: number;
  /** Ends of the axis; taken from the points if absent. */
  min?: number;
  max?: number;
  /** Fills the area below the line. */
  filled?: boolean;
}

const PAD = 3;

export function Plot({ points: given, label, width = 320, height = 96, min, max, filled }: Props) {
  const [only] = given;
  // One value alone is a line, too.
  const points =
    only !== undefined && given.length === 1 ? [{ ...only, at: only.at - 1 }, only] : given;
  const values = points.map((point) => point.value);
  const [low, high] = scale(min ?? Math.min(...values), max ?? Math.max(...values));
  const from = points[0]?.at ?? 0;
  const span = Math.max(1, (points.at(-1)?.at ?? 1) - from);
  const x = (at: number): number => PAD + ((at - from) / span) * (width - 2 * PAD);
  const y = (value: number): number =>
    height - PAD - ((value - low) / Math.max(high - low, 1e-9)) * (height - 2 * PAD);
  const path = points.map((point) => `${x(point.at).toFixed(1)},${y(point.value).toFixed(1)}`);
  const last = points.at(-1);
  return (
    <svg
      className="plot"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {filled && path.length > 1 && (
        <polygon
          className="area"
          points={`${PAD},${height} ${path.join(' ')} ${width - PAD},${height}`}
        />
      )}
      <polyline className="line" points={path.join(' ')} />
      {last && <circle className="now" cx={x(last.at)} cy={y(last.value)} r="2.5" />}
    </svg>
  );
}

/** A value that does not change runs through the middle. */
function scale(low: number, high: number): [number, number] {
  return high > low ? [low, high] : [low - 1, high + 1];
}
