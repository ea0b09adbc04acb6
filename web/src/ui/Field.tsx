/** A labelled field of a form. */

import { useId, type ReactNode } from 'react';

export interface FieldProps {
  label: string;
  hint?: string;
  children: (id: string, hintId: string | undefined) => ReactNode;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, hintId)}
      {hint !== undefined && (
        <span className="hint" id={hintId}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  type?: 'text' | 'password' | 'number' | 'search';
  placeholder?: string;
  required?: boolean;
  autoFocus?: boolean;
  maxLength?: number;
  pattern?: string;
  name?: string;
}

export function TextField({ label, value, onChange, hint, ...rest }: TextFieldProps) {
  const given = hint === undefined ? {} : { hint };
  return (
    <Field label={label} {...given}>
      {(id, hintId) => (
        <input
          id={id}
          aria-describedby={hintId}
          className="input"
          autoComplete="off"
          spellCheck={false}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
          {...rest}
        />
      )}
    </Field>
  );
}
