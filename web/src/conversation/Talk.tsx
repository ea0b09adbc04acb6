/** A conversation in full: timeline, typing, uploads and composer, with its states. */

import type { Conversation, ConversationState, Typist } from '@switchboard/client';
import { useConnection } from '@switchboard/client/react';
import { useRef, useState, type ReactNode } from 'react';

import { readableId } from '../platform/format';
import { useIsOnline } from '../platform/hooks';
import { Icon } from '../ui/Icon';
import { Loading } from '../ui/states';
import { Composer } from './Composer';
import { Timeline } from './Timeline';
import { useUploads } from './uploads';

interface Props {
  state: ConversationState;
  conversation: Conversation | null;
  myName: string;
  placeholder: string;
  start: ReactNode;
  end?: ReactNode;
  isTwo?: boolean;
  mayAsk?: boolean;
  /** Why this person cannot write. */
  closed?: ReactNode;
}

export function Talk(props: Props) {
  const { state, conversation, myName, placeholder, start, end, isTwo, mayAsk, closed } = props;
  const { userId } = useConnection();
  const isOnline = useIsOnline();
  const uploads = useUploads(conversation);
  const drop = useFileDrop((files) => uploads.add(files));
  if (conversation === null || (state.status === 'connecting' && state.messages.length === 0)) {
    return (
      <div className="talk">
        <Loading label="Loading messages" lines={9} />
      </div>
    );
  }
  return (
    <div className="talk" {...(closed === undefined ? drop.handlers : {})}>
      {(state.status === 'offline' || !isOnline) && (
        <div className="offline-note" role="status">
          <i className="dot warn busy" />
          The connection is being restored. Messages that you write now are sent afterwards.
        </div>
      )}
      <Timeline
        key={`${conversation.kind} ${conversation.id}`}
        state={state}
        conversation={conversation}
        myId={userId}
        myName={myName}
        start={start}
        end={end}
        isTwo={isTwo ?? false}
      />
      <Typing typists={state.typing} />
      <Composer
        conversation={conversation}
        placeholder={placeholder}
        uploads={uploads}
        mayAsk={mayAsk ?? false}
        closed={closed}
      />
      {drop.isOver && (
        <div className="drop-here">
          <Icon name="attach" size={28} />
          Drop files to send them here
        </div>
      )}
    </div>
  );
}

/** Its height is always there, so that nothing moves when someone begins to write. */
function Typing({ typists }: { typists: readonly Typist[] }) {
  const names = typists.map((typist) => typist.name || readableId(typist.userId));
  const [first, second] = names;
  const text =
    names.length === 0
      ? ''
      : names.length === 1
        ? `${first} is typing`
        : names.length === 2
          ? `${first} and ${second} are typing`
          : `${names.length} people are typing`;
  return (
    <div className="typing" aria-live="polite">
      {text !== '' && (
        <>
          <span className="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span className="truncate">{text}</span>
        </>
      )}
    </div>
  );
}

/** Files that are dragged over an element. */
function useFileDrop(onFiles: (files: File[]) => void) {
  const depth = useRef(0);
  const [isOver, setOver] = useState(false);
  const set = (value: number): void => {
    depth.current = Math.max(0, value);
    setOver(depth.current > 0);
  };
  const hasFiles = (transfer: DataTransfer | null): boolean =>
    transfer?.types.includes('Files') ?? false;
  type Drag = { dataTransfer: DataTransfer | null; preventDefault: () => void };
  return {
    isOver,
    handlers: {
      onDragEnter: (event: Drag) => {
        if (hasFiles(event.dataTransfer)) set(depth.current + 1);
      },
      onDragLeave: (event: Drag) => {
        if (hasFiles(event.dataTransfer)) set(depth.current - 1);
      },
      onDragOver: (event: Drag) => {
        if (hasFiles(event.dataTransfer)) event.preventDefault();
      },
      onDrop: (event: Drag) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        set(0);
        onFiles([...(event.dataTransfer?.files ?? [])]);
      },
    },
  };
}
