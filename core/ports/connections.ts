/** Connections to programs of this machine: whether one answers, not what it says. */
export interface Connections {
  /**
   * Whether something on loopback takes a TCP connection at the port. Tries again until the time is over, over IPv4 and IPv6 alike;
   * closes what it opened without a byte.
   */
  answers(port: number, withinMs: number): Promise<boolean>;
}
