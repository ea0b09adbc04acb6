/** A modal dialog: the browser's own, with its focus trap and its Escape key. */

import { useEffect, useId, useRef, type ReactNode } from 'react';

import { Icon } from './Icon';

interface Props {
  title: string;
  onClose: () => void;
  /** With it the content is a form. */
  onSubmit?: () => void;
  children: ReactNode;
}

export function Dialog({ title, onClose, onSubmit, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const label = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const content = (
    <>
      <header>
        <h2 id={label}>{title}</h2>
        <button type="button" className="button plain icon small" onClick={onClose} aria-label="Close">
          <Icon name="close" size={16} />
        </button>
      </header>
      {children}
    </>
  );
  return (
    <dialog
      ref={element}
      className="dialog"
      aria-labelledby={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      {onSubmit === undefined ? (
        <div className="dialog-body">{content}</div>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {content}
        </form>
      )}
    </dialog>
  );
}

interface FooterProps {
  /** The name of what the form does. */
  label: string;
  isBusy: boolean;
  onCancel: () => void;
}

/** The end of a form in a dialog. */
export function DialogFooter({ label, isBusy, onCancel }: FooterProps) {
  return (
    <footer>
      <button type="button" className="button plain" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" className="button primary" disabled={isBusy}>
        {label}
      </button>
    </footer>
  );
}
