/** Importing this lets a suite start child processes. */
globalThis.slipwayTestPermissions = { ...globalThis.slipwayTestPermissions, processes: true };
export {};
