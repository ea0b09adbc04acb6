/** The frame: the same boxes as in index.html, so that nothing moves when the script takes over. */

import type { ReactNode } from 'react';

interface Props {
  side?: ReactNode;
  dock?: ReactNode;
  children?: ReactNode;
}

export function Frame({ side, dock, children }: Props) {
  return (
    <div className="shell">
      <div className="side">
        <div className="brand">
          <img src="./icon.svg" alt="" width="28" height="28" />
          <span>Switchboard</span>
        </div>
        {side}
      </div>
      <main className="main" id="main" tabIndex={-1}>
        {children}
      </main>
      <div className="dock">{dock ?? <div className="statusbar" />}</div>
    </div>
  );
}
