/** The level of the microphone over the last seconds, drawn on a canvas. */

import { useEffect, useRef } from 'react';

import type { Microphone } from './microphone';

const BARS = 96;

export function LevelMeter({ microphone }: { microphone: Microphone | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element === null || context === null || context === undefined) return undefined;
    const levels = new Array<number>(BARS).fill(0);
    let handle = 0;
    let lastAt = 0;
    const draw = (at: number): void => {
      if (microphone !== null) handle = requestAnimationFrame(draw);
      if (at - lastAt < 50 && microphone !== null) return;
      lastAt = at;
      levels.push(microphone?.level() ?? 0);
      levels.shift();
      paint(element, context, levels);
    };
    draw(performance.now());
    return () => cancelAnimationFrame(handle);
  }, [microphone]);
  return <canvas ref={canvas} className="meter" role="img" aria-label="Level of the microphone" />;
}

function paint(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
  levels: readonly number[],
): void {
  const ratio = devicePixelRatio;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  context.fillStyle = style.color;
  const step = width / levels.length;
  levels.forEach((level, index) => {
    const bar = Math.max(2, level * (height - 4));
    context.globalAlpha = level === 0 ? 0.25 : 0.35 + 0.65 * level;
    context.beginPath();
    context.roundRect(index * step, (height - bar) / 2, Math.max(1, step - 2), bar, 2);
    context.fill();
  });
}
