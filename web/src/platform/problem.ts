/** Sentences for the codes of refusals. */

import { SwitchboardError } from '@switchboard/client';

const SENTENCES: Record<string, string> = {
  network: 'The server cannot be reached.',
  timeout: 'The server did not answer in time.',
  unavailable: 'This service is not available here.',
  not_found: 'This does not exist here.',
  unauthenticated: 'Sign in first.',
  token_expired: 'Your sign-in has ended.',
  forbidden: 'You do not have the right to do this.',
  wrong_password: 'This password is wrong.',
  password_required: 'This room has a password.',
  invite_required: 'This room is for invited people.',
  invite_spent: 'This invite was used already.',
  not_a_member: 'This room is for its members.',
  not_a_participant: 'This session is between two other people, or does not exist.',
  banned: 'You are banned from this room.',
  budget_spent: 'The budget for answers is used up for today.',
  content_filtered: 'The answer was withheld by the content filter.',
  cancelled: 'The answer was stopped.',
};

/** An error as a sentence for a person. */
export function sentenceOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'rate_limited') {
    const wait = error instanceof SwitchboardError ? error.retryAfterMs : undefined;
    const seconds = wait === undefined ? '' : ` Try again in ${Math.ceil(wait / 1000)} s.`;
    return `That was too fast.${seconds}`;
  }
  const known = SENTENCES[code];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}

export function sentenceOfCode(code: string): string {
  return SENTENCES[code] ?? code;
}

export function codeOf(error: unknown): string {
  return error instanceof SwitchboardError ? error.code : '';
}

/** Whether the server does not offer this at all, as opposed to refusing or failing once. */
export function isAbsent(error: unknown): boolean {
  return ['unavailable', 'not_found'].includes(codeOf(error));
}
