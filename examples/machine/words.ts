/** How the nodes say what they know. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const size = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = Math.min(bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / 1000 ** at).toFixed(at < 2 ? 0 : 1)} ${units[at]}`;
};
