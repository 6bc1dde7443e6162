// Mouse, pen and fingers over the canvas: one paints, two move and zoom; so do the wheel, and the middle button or the
// space bar with a drag.

const WHEEL = 1 / 500;

/**
 * `hand` has down(at, event), move(at, event), up(at, event), cancel() and is `ready` where it has something to do;
 * `at` is a place in the picture.  A stroke of mouse or pen may begin and end beside the picture: nothing is lost at
 * its edge.  A finger beside it scrolls the page.
 */
export function attachGestures(port, sheet, view, hand) {
  const fingers = new Map(); // pointer → where it is
  let held = null; // {pointer, pans}
  let space = false;

  const down = (event) => {
    if (!view.frame || !sheet.checkVisibility() || event.target.closest("button")) return;
    const finger = event.pointerType === "touch";
    if (finger && !sheet.contains(event.target)) return;
    if (finger) fingers.set(event.pointerId, view.local(event));
    if (fingers.size === 2) return void leave(hand);
    const pans = event.button === 1 || (event.button === 0 && space);
    if (held || fingers.size > 2 || !(pans || (event.button === 0 && event.isPrimary && hand.ready))) return;
    event.preventDefault();
    port.focus({ preventScroll: true });
    port.setPointerCapture(event.pointerId);
    held = { pointer: event.pointerId, pans };
    port.classList.toggle("pans", pans);
    if (!pans) hand.down(view.at(event), event);
  };

  const leave = () => {
    if (held && !held.pans) hand.cancel();
    held = null;
  };

  const move = (event) => {
    if (fingers.has(event.pointerId) && fingers.size === 2) return pinch(event);
    hand.hover(view.at(event), event);
    if (held?.pointer !== event.pointerId) return;
    if (held.pans) return view.move(event.movementX, event.movementY);
    const between = event.getCoalescedEvents?.() ?? [];
    for (const part of between.length ? between : [event]) hand.move(view.at(part), part);
  };

  const pinch = (event) => {
    const before = [...fingers.values()];
    fingers.set(event.pointerId, view.local(event));
    view.pinch(before, [...fingers.values()]);
  };

  const up = (event) => {
    fingers.delete(event.pointerId);
    if (held?.pointer !== event.pointerId) return;
    const { pans } = held;
    held = null;
    port.classList.remove("pans");
    if (pans) return;
    if (event.type === "pointercancel") hand.cancel(); // the finger turned out to scroll
    else hand.up(view.at(event), event);
  };

  port.addEventListener("pointerdown", down);
  port.addEventListener("pointermove", move);
  port.addEventListener("pointerup", up);
  port.addEventListener("pointercancel", up);
  port.addEventListener("pointerleave", () => hand.away());
  port.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault()); // it would scroll
  const wheel = (event) => {
    if (!view.frame) return;
    event.preventDefault();
    view.zoom(Math.exp(-event.deltaY * WHEEL * (event.ctrlKey ? 5 : 1)), event); // fingers on a pad say Ctrl
  };
  port.addEventListener("wheel", wheel, { passive: false });
  const bar = (event) => {
    if (event.code !== "Space" || event.target !== port) return;
    event.preventDefault();
    space = event.type === "keydown";
    port.classList.toggle("grips", space);
  };
  port.addEventListener("keydown", bar);
  port.addEventListener("keyup", bar);
  port.addEventListener("blur", () => port.classList.remove("grips", (space = false)));
}
