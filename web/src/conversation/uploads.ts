/** Files on their way to a conversation. */

import type { Conversation } from '@switchboard/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { sentenceOf } from '../platform/problem';

export interface Upload {
  readonly key: number;
  readonly name: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly fileId: string | null;
  readonly error: string | null;
  /** The address of a picture, for this page alone. */
  readonly preview: string | null;
}

export interface Uploads {
  readonly items: readonly Upload[];
  add(files: readonly File[]): void;
  remove(key: number): void;
  clear(): void;
}

let nextKey = 1;

export function useUploads(conversation: Conversation | null): Uploads {
  const [items, setItems] = useState<readonly Upload[]>([]);
  const previews = useRef(new Set<string>());
  const change = useCallback((key: number, part: Partial<Upload>) => {
    setItems((all) => all.map((item) => (item.key === key ? { ...item, ...part } : item)));
  }, []);
  useEffect(() => {
    const held = previews.current;
    setItems([]);
    return () => {
      for (const url of held) URL.revokeObjectURL(url);
      held.clear();
    };
  }, [conversation]);
  return useMemo(
    () => ({
      items,
      add(files) {
        if (conversation === null) return;
        for (const file of files) {
          const key = nextKey++;
          const isPicture = /^image\/(png|jpeg|gif|webp|avif)$/.test(file.type);
          const preview = isPicture ? URL.createObjectURL(file) : null;
          if (preview !== null) previews.current.add(preview);
          const item = { key, name: file.name, share: 0, fileId: null, error: null, preview };
          setItems((all) => [...all, item]);
          conversation
            .upload(file, file.name, (share) => change(key, { share }))
            .then((fileId) => change(key, { fileId, share: 1 }))
            .catch((error: unknown) =>
              change(key, { error: `${file.name}: ${sentenceOf(error)}` }),
            );
        }
      },
      remove: (key) => setItems((all) => all.filter((item) => item.key !== key)),
      clear: () => setItems([]),
    }),
    [items, conversation, change],
  );
}
