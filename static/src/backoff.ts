/** The longest wait before another attempt, in milliseconds. */
export const LONGEST_WAIT = 10_000;
/** The shortest, so that a server that refuses at once is not hammered, in milliseconds. */
export const SHORTEST_WAIT = 200;

/**
 * How long to wait before attempt number `attempt` (the first retry is 0), in milliseconds:
 * exponential with full jitter, so that a restarted server does not meet everybody at once.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_WAIT, 500 * 2 ** attempt);
  return Math.max(SHORTEST_WAIT, Math.round(random() * ceiling));
}
