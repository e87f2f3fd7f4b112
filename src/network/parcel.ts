/** The first byte of a parcel that is to be passed on. */
const PASS_ON = 0;

/** A gossip message: one byte that tells whether anybody needs to pass it on, then the frame. */
export interface Parcel {
  frame: Uint8Array;
  /** Position of the validator that says it sent this to every other one itself; null for what is to be passed on. */
  deliveredBy: number | null;
}

/** @param deliveredBy 0 to 254, or null */
export function packParcel({ frame, deliveredBy }: Parcel): Uint8Array {
  const parcel = new Uint8Array(1 + frame.length);
  parcel[0] = deliveredBy === null ? PASS_ON : 1 + deliveredBy;
  parcel.set(frame, 1);
  return parcel;
}

/** The frame of an empty parcel is empty: no frame at all, as whoever reads it will find. */
export function openParcel(parcel: Uint8Array): Parcel {
  const [first = PASS_ON] = parcel;
  return { frame: parcel.subarray(1), deliveredBy: first === PASS_ON ? null : first - 1 };
}
