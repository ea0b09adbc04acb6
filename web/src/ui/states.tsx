/** The empty, loading and error states of views. */

import type { ReactNode } from 'react';

import { codeOf, isAbsent, sentenceOf } from '../platform/problem';
import { Icon, type IconName } from './Icon';

export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty grow">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {actions !== undefined && <div className="actions">{actions}</div>}
    </div>
  );
}

export function Loading({ lines = 6, label }: { lines?: number; label: string }) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}

/** A whole view that failed. `what` names it: "Notifications". */
export function Failed({
  error,
  what,
  onRetry,
}: {
  error: unknown;
  what: string;
  onRetry?: (() => void) | undefined;
}) {
  const isOff = isAbsent(error);
  return (
    <Empty
      icon={isOff ? 'info' : 'warning'}
      title={isOff ? `${what} are switched off on this server` : `${what} cannot be shown`}
      actions={
        onRetry && (
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        )
      }
    >
      {isOff
        ? 'The server answered that it does not offer this. Its settings decide; the rest of the page works without it.'
        : sentenceOf(error)}{' '}
      {codeOf(error) !== '' && <code>{codeOf(error)}</code>}
    </Empty>
  );
}

/** An error beside what it belongs to. */
export function ErrorNote({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  return (
    <div className="note bad" role="alert">
      <Icon name="warning" size={16} />
      <span>{sentenceOf(error)}</span>
    </div>
  );
}
