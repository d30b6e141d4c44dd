// One picture, handed from one page to the next: too large for an address or the session's storage.

const NAME = "maskr";
const STORE = "handed";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function changed(change) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite");
      const request = change(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

// Rejects where the browser keeps nothing, as some do in private windows.
export function hand(file) {
  return changed((store) => store.put(file, "picture"));
}

// The picture, which is then gone from there; nothing where none was handed.
export async function taken() {
  try {
    const file = await changed((store) => store.get("picture"));
    await changed((store) => store.clear());
    return file;
  } catch {
    return undefined;
  }
}
