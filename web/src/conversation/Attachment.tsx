/** A message's file: a picture is shown, everything else is offered for download. */

import type { Conversation, FileNote } from '@switchboard/client';
import { useEffect, useState } from 'react';

import { bytes } from '../platform/format';
import { useAction } from '../platform/hooks';
import { sentenceOf } from '../platform/problem';
import { Icon } from '../ui/Icon';

/** Formats that browsers draw without running anything in them. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
const MAX_PREVIEW = 8_000_000;

interface Props {
  file: FileNote;
  conversation: Conversation;
}

export function Attachment({ file, conversation }: Props) {
  const isPicture = PICTURES.has(file.contentType) && file.size <= MAX_PREVIEW;
  const save = useAction(async () => {
    const url = await conversation.downloadUrl(file.fileId);
    const link = document.createElement('a');
    link.href = url;
    link.rel = 'noopener';
    link.click();
  });
  return (
    <div>
      {isPicture && <Picture file={file} conversation={conversation} />}
      <div className="attachment">
        <Icon name="file" />
        <div className="meta">
          <div className="truncate">{file.name}</div>
          <small>
            {save.error === null ? bytes(file.size) : sentenceOf(save.error)}
          </small>
        </div>
        <button
          type="button"
          className="button plain icon small"
          aria-label={`Download ${file.name}`}
          disabled={save.isRunning}
          onClick={() => void save.run()}
        >
          <Icon name="download" size={16} />
        </button>
      </div>
    </div>
  );
}

/** The storage account serves files for download only, so the picture is fetched and drawn here. */
function Picture({ file, conversation }: Props) {
  const [source, setSource] = useState<string | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let url: string | null = null;
    let isGone = false;
    const load = async (): Promise<void> => {
      const response = await fetch(await conversation.downloadUrl(file.fileId));
      if (!response.ok) throw new Error(`status ${response.status}`);
      const content = new Blob([await response.arrayBuffer()], { type: file.contentType });
      if (isGone) return;
      url = URL.createObjectURL(content);
      setSource(url);
    };
    load().catch(() => setFailed(true));
    return () => {
      isGone = true;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [conversation, file.fileId, file.contentType]);
  if (hasFailed) return null;
  return (
    <span className="picture">
      <img src={source ?? undefined} alt={file.name} width={288} height={176} />
    </span>
  );
}
