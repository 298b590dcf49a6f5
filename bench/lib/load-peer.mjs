/** Imports a package as it is found from this folder. */
export const load = (name) => import(name);
