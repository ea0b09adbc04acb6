/** Writes a message: text, files, or a question to the assistant. */

import type { Conversation } from '@switchboard/client';
import { useEffect, useRef, useState, type ReactNode } from 'react';

import { Icon } from '../ui/Icon';
import type { Uploads } from './uploads';

const MAX_CHARACTERS = 2000;
const SHOW_LIMIT_FROM = 1800;

interface Props {
  conversation: Conversation;
  placeholder: string;
  uploads: Uploads;
  /** Whether a message may be marked as a question to the assistant. */
  mayAsk?: boolean;
  /** Instead of the composer, why this person cannot write. */
  closed?: ReactNode;
}

export function Composer({ conversation, placeholder, uploads, mayAsk, closed }: Props) {
  const [text, setText] = useState('');
  const [asks, setAsks] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    // A finger wants to see the conversation first, not a keyboard.
    if (matchMedia('(pointer: fine)').matches) area.current?.focus();
  }, [conversation]);

  if (closed !== undefined) {
    return (
      <div className="note composer-note">
        <Icon name="info" size={16} />
        <span>{closed}</span>
      </div>
    );
  }

  const length = [...text].length;
  const ready = uploads.items.filter((item) => item.fileId !== null);
  const isUploading = uploads.items.some((item) => item.fileId === null && item.error === null);
  const maySend =
    !isUploading && length <= MAX_CHARACTERS && (text.trim() !== '' || ready.length > 0);

  const send = (): void => {
    if (!maySend) return;
    // A message names one file: the first goes with the text, each other in a message of its own.
    const files = ready.map((item) => item.fileId as string);
    const [first, ...others] = files;
    const options = { ...(first && { fileId: first }), ...(asks && mayAsk && { ask: true }) };
    const ignore = (): void => {
      // A refused message stays in the timeline, with the reason and a button to send it again.
    };
    conversation.send(text.trim(), options).catch(ignore);
    for (const fileId of others) conversation.send('', { fileId }).catch(ignore);
    conversation.typing(false);
    uploads.clear();
    setText('');
  };

  return (
    <>
      {uploads.items.length > 0 && (
        <div className="uploads">
          {uploads.items.map((item) => (
            <div className="upload" key={item.key}>
              {item.preview === null ? <Icon name="file" /> : <img src={item.preview} alt="" />}
              <span className="truncate">{item.error ?? item.name}</span>
              {item.fileId === null && item.error === null && (
                <progress value={item.share} aria-label={`Uploading ${item.name}`} />
              )}
              <button
                type="button"
                className="button plain icon small"
                aria-label={`Remove ${item.name}`}
                onClick={() => uploads.remove(item.key)}
              >
                <Icon name="close" size={14} />
              </button>
            </div>
          ))}
        </div>
      )}
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <button
          type="button"
          className="button plain icon"
          aria-label="Attach a file"
          onClick={() => picker.current?.click()}
        >
          <Icon name="attach" />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files"
          onChange={(event) => {
            uploads.add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
        <textarea
          ref={area}
          rows={1}
          aria-label="Message"
          placeholder={placeholder}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            conversation.typing(event.currentTarget.value !== '');
          }}
          onKeyDown={(event) => {
            const isEnter = event.key === 'Enter' && !event.shiftKey;
            // Enter also ends a word of an input method, which sends nothing.
            if (!isEnter || event.nativeEvent?.isComposing) return;
            event.preventDefault();
            send();
          }}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length > 0) uploads.add(files);
          }}
        />
        {length >= SHOW_LIMIT_FROM && (
          <span className="aside tabular" role="status">
            {MAX_CHARACTERS - length}
          </span>
        )}
        {mayAsk && (
          <button
            type="button"
            className="button plain small"
            aria-pressed={asks}
            onClick={() => setAsks(!asks)}
          >
            <Icon name="spark" size={15} />
            Ask
          </button>
        )}
        <button type="submit" className="button primary icon" aria-label="Send" disabled={!maySend}>
          <Icon name="send" />
        </button>
      </form>
    </>
  );
}
