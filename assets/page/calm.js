// How the time left is shown: evenly downwards, however the estimate jumps.

/** The seconds left to show where `shown` stood; upwards only where that was far off. */
export function calm(shown, left) {
  if (left == null) return null;
  const grain = left > 90 ? 60 : left > 20 ? 5 : 1;
  const next = Math.ceil(left / grain) * grain;
  return shown == null || next < shown || next > 1.25 * shown + 2 ? next : shown;
}
