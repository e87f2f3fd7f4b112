/** The part of the compiler that is used here; its package brings no types. */
declare module 'solc' {
  const solc: {
    /** Takes and gives the compiler's standard JSON. */
    compile(input: string): string;
    version(): string;
  };
  export default solc;
}
