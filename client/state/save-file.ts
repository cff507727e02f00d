/** Has the browser keep a text that the page made, as a download. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold of the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(url));
}
