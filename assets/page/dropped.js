// What was dropped: files, and those of folders, however deep they lie there.

const PICTURE = /\.(png|jpe?g|webp)$/i;
const MASKS = /^masks?$/i; // a folder of this name holds the masks of the pictures beside it

/** [{file, masks}]: all files, of folders only pictures; `masks`: whether one lies in a folder of masks. */
export async function dropped({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean); // later nobody would tell any more
  if (!entries.some(({ isDirectory }) => isDirectory)) return [...files].map((file) => ({ file, masks: false }));
  return (await Promise.all(entries.map((entry) => within(entry, false)))).flat();
}

async function within(entry, masks) {
  if (entry.isFile) return [{ file: await asked(entry, "file"), masks }];
  const here = masks || MASKS.test(entry.name);
  const inner = (await listed(entry.createReader())).filter(({ isFile, name }) => !isFile || PICTURE.test(name));
  return (await Promise.all(inner.map((each) => within(each, here)))).flat();
}

/** A folder is told in parts, of which the last is empty. */
async function listed(reader) {
  const found = [];
  for (let part; part?.length !== 0; found.push(...part)) part = await asked(reader, "readEntries");
  return found;
}

const asked = (from, name) => new Promise((resolve, reject) => from[name](resolve, reject));
