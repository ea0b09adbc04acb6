/** JSON with its parts coloured. Everything is text; nothing is read as HTML. */

import { Fragment } from 'react';

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;

export function Json({ value }: { value: unknown }) {
  const text = JSON.stringify(value, null, 2) ?? String(value);
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    parts.push(text.slice(from, match.index));
    const kind = string === undefined ? 'other' : colon === undefined ? 'string' : 'key';
    parts.push(<span className={kind}>{whole}</span>);
    from = match.index + whole.length;
  }
  parts.push(text.slice(from));
  return (
    <pre className="json" tabIndex={0}>
      {parts.map((part, index) => (
        <Fragment key={index}>{part}</Fragment>
      ))}
    </pre>
  );
}
