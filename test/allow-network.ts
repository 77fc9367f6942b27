/** Importing this lets a suite open connections; they may lead to loopback only. */
globalThis.slipwayTestPermissions = { ...globalThis.slipwayTestPermissions, network: true };
export {};
