// Rules that need no server: they are tested on the package's own modules.
const inside = (path) =>
  import(new URL(`../node_modules/@switchboard/client/dist/${path}`, import.meta.url));

// An answer may be written by several runs, and its frames may be lost, late or repeated.
export const shows_answers_by_the_rules = async () => {
  const { Answers } = await inside('conversation/answers.js');
  const ids = { chatId: 'c', messageId: 'm' };
  const started = (run) => ({ type: 'assistant.started', ...ids, run, replyTo: 7 });
  const delta = (run, index, text) => ({ type: 'assistant.delta', ...ids, run, index, text });
  const shown = (frames, prepare = () => {}) => {
    const answers = new Answers();
    prepare(answers);
    for (const frame of frames) answers.receive(frame);
    return answers.list.map(({ text, run, state }) => [text, run, state]);
  };
  const answering = (index, text, run = 1) => (answers) =>
    answers.answering([{ messageId: 'm', run, replyTo: 7, index, text }]);
  const failed = { type: 'assistant.failed', ...ids, run: 1, error: 'content_filtered' };
  const done = { type: 'assistant.done', ...ids, seq: 8 };
  return {
    inOrder: shown([started(1), delta(1, 0, 'a'), delta(1, 1, 'b')]),
    repeated: shown([started(1), delta(1, 0, 'a'), delta(1, 0, 'a'), delta(1, 1, 'b')]),
    anotherRun: shown([started(1), delta(1, 0, 'a'), started(2), delta(1, 1, 'b'), delta(2, 0, 'c')]),
    lateJoiner: shown([delta(1, 1, 'b'), delta(1, 2, 'c')], answering(1, 'ab')),
    lateJoinerOfAnOlderRun: shown([delta(2, 0, 'x')], answering(4, 'older')),
    pageFromBefore: (() => {
      const answers = new Answers();
      for (const frame of [started(1), delta(1, 0, 'a'), delta(1, 1, 'b')]) answers.receive(frame);
      answering(0, 'a')(answers);
      return answers.list.map(({ text }) => text);
    })(),
    failed: shown([started(1), delta(1, 0, 'a'), failed, delta(1, 1, 'b')]),
    over: shown([started(1), delta(1, 0, 'a'), done, delta(1, 1, 'b'), started(2)]),
    stored: (() => {
      const answers = new Answers();
      for (const frame of [started(1), delta(1, 0, 'a')]) answers.receive(frame);
      answers.stored({ id: 'm', senderId: 'assistant' });
      answers.receive(delta(1, 1, 'b'));
      return answers.list;
    })(),
  };
};

// Messages come in any order, more than once, live or by page: the piece stays whole.
export const keeps_every_message_once = async ({ seed }) => {
  const { MessageLog } = await inside('conversation/log.js');
  let state = seed;
  const below = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const message = (seq) => ({ seq });
  const page = (from, to, last) => ({
    messages: Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => message(from + index)),
    lastSeq: last,
    hasMore: to < last,
  });
  let broken = 0;
  for (let round = 0; round < 300; round += 1) {
    const log = new MessageLog();
    const last = 1 + below(120);
    const first = 1 + below(last);
    const announced = [];
    const take = (added) => announced.push(...added.map(({ seq }) => seq));
    for (let n = below(5); n > 0; n -= 1) take(log.offer(message(1 + below(last))));
    take(log.start({ ...page(first, Math.max(first, last - below(3)), last), hasMore: first > 1 }));
    for (let n = 0; n < 3 * last && log.last < last; n += 1) {
      if (below(4) > 0) take(log.offer(message(1 + below(last))));
      else take(log.append(page(log.last + 1, Math.min(last, log.last + 1 + below(20)), last)));
    }
    take(log.append(page(log.last + 1, last, last)));
    while (log.hasOlder) {
      const before = log.messages[0]?.seq ?? log.last + 1;
      const from = Math.max(1, before - 1 - below(10));
      log.prepend({ ...page(from, before - 1, last), hasMore: from > 1 });
    }
    const seqs = log.messages.map(({ seq }) => seq);
    const isWhole = seqs.length === last && seqs.every((seq, index) => seq === index + 1);
    const isOnce = new Set(announced).size === announced.length;
    const isOrdered = announced.every((seq, index) => index === 0 || seq > announced[index - 1]);
    if (!isWhole || !isOnce || !isOrdered || log.hasGap) broken += 1;
  }
  return { broken };
};
