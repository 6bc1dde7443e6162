// How the picture lies in the window of the canvas: nearer or further, moved about, or fitted into it.

import { centred, fitted, held, pinched, toPicture, zoomed } from "./geometry.js";

const NUDGE = 1.25;

export class View {
  /** `port` is the window, `changed(view)` is called when something has moved. */
  constructor(port, changed) {
    Object.assign(this, { port, changed, frame: null, fits: true, place: { scale: 1, x: 0, y: 0 } });
    new ResizeObserver(() => this.fits && this.fit()).observe(port);
  }

  get room() {
    return { width: this.port.clientWidth, height: this.port.clientHeight };
  }

  /** Show a frame {left, top, width, height} in pixels of the picture; what was zoomed into stays where it is. */
  show(frame, spare) {
    Object.assign(this, { frame, spare });
    if (this.fits) this.fit();
    else this.set(this.place);
  }

  fit() {
    if (!this.frame || !this.room.width) return;
    this.fits = true;
    this.apply(fitted(this.frame, this.room, this.spare));
  }

  /** One pixel of the picture is one of the page. */
  actual() {
    this.set(centred(this.frame, this.room, 1));
  }

  zoom(factor, event) {
    const { width, height } = this.room;
    this.set(zoomed(this.place, factor, event ? this.local(event) : { x: width / 2, y: height / 2 }, this.least));
  }

  nearer() {
    this.zoom(NUDGE);
  }

  further() {
    this.zoom(1 / NUDGE);
  }

  move(dx, dy) {
    this.set({ ...this.place, x: this.place.x + dx, y: this.place.y + dy });
  }

  pinch(before, after) {
    this.set(pinched(this.place, before, after, this.least));
  }

  /** Not further away than half of what fits. */
  get least() {
    return fitted(this.frame, this.room, this.spare).scale / 2;
  }

  set(place) {
    if (!this.frame) return;
    this.fits = false;
    this.apply(held(place, this.frame, this.room));
  }

  apply(place) {
    this.place = place;
    this.changed(this);
  }

  /** Where a pointer is in the window. */
  local({ clientX, clientY }) {
    const { left, top } = this.port.getBoundingClientRect();
    return { x: clientX - left - this.port.clientLeft, y: clientY - top - this.port.clientTop };
  }

  /** Where a pointer is in the picture. */
  at(event) {
    const { left, top } = this.port.getBoundingClientRect();
    return toPicture(event, { left: left + this.port.clientLeft, top: top + this.port.clientTop }, this.place);
  }
}
