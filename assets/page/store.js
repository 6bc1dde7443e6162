// What the browser keeps for the next visit.  It may refuse (blocked, full) or give back nonsense: then nothing was kept,
// and everything else works.  Even naming a storage can throw, so each is named only within a try.

function store(storage) {
  const attempt = (action, otherwise) => {
    try {
      return action(storage()) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key, otherwise = null) => attempt((kept) => JSON.parse(kept.getItem(key)), otherwise),
    set: (key, value) => attempt((kept) => kept.setItem(key, JSON.stringify(value))),
    remove: (key) => attempt((kept) => kept.removeItem(key)),
  };
}

/** For all windows, for good; and for this window alone, as long as it is open. */
export const local = store(() => localStorage);
export const session = store(() => sessionStorage);
